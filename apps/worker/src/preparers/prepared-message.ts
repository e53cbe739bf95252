import type { SendMetadata } from '@pombo/contracts';
import type { MessageProto } from '@pombo/whatsapp';

/** A protobuf ready to be sent, and what was measured on the way. */
export interface PreparedMessage {
  readonly message: MessageProto;
  readonly metadata: SendMetadata;
}
