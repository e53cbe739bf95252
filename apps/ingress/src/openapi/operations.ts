/** Every route of the table, described. A route without an entry does not compile. */
import type { RouteName } from '../routes/route-table.js';
import type { Operation } from './operation.js';
import { deviceOperations } from './operations/device-operations.js';
import { erasureOperations } from './operations/erasure-operations.js';
import { mediaOperations } from './operations/media-operations.js';
import { messageOperations } from './operations/message-operations.js';
import { sendOperations } from './operations/send-operations.js';
import { serviceOperations } from './operations/service-operations.js';
import { userOperations } from './operations/user-operations.js';
import { webhookOperations } from './operations/webhook-operations.js';

export const OPERATIONS: Readonly<Record<RouteName, Operation>> = {
  ...sendOperations,
  ...mediaOperations,
  ...messageOperations,
  ...deviceOperations,
  ...userOperations,
  ...webhookOperations,
  ...erasureOperations,
  ...serviceOperations,
};
