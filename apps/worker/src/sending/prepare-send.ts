/** Everything that can be done before it is a message's turn. */
import { type MessageContent, type MessageRecord, PomboError, type SendMetadata } from '@pombo/contracts';
import { JobReleased } from '@pombo/queue';
import {
  buildNodes,
  joinMessage,
  type MessageProto,
  NoAnswerError,
  splitMessage,
  type SplitMessage,
} from '@pombo/whatsapp';
import { prepareMessage } from '../preparers/prepare-message.js';
import { pause } from './pause.js';
import { actionFor, retryDelayMs, STAND_BY_MS } from './retry-policy.js';
import type { SendContext } from './send-context.js';
import { unlessExpired, untilConnected } from './until-connected.js';

/** A message ready to go. */
export interface ReadySend {
  readonly content: MessageContent;
  readonly chatJid: string;
  readonly message: MessageProto;
  readonly bytes: SplitMessage;
  /** Nodes the stanza carries besides the message. */
  readonly nodes: ReturnType<typeof buildNodes>;
  readonly metadata: SendMetadata;
}

/**
 * Resolves the chat, prepares the message, fetches what encrypting needs. Failures that may pass are retried in place,
 * so that the message keeps its place in its lane.
 * @throws PomboError when it is final; JobReleased when the device is given up.
 */
export async function prepareSend(
  record: MessageRecord,
  content: MessageContent,
  context: SendContext,
): Promise<ReadySend> {
  const begun = Date.now();
  const mayPass = (error: unknown, attempt: number): boolean =>
    attempt < context.config.MEDIA_ATTEMPTS ||
    (saysNothing(error) && Date.now() - begun < context.config.UPLOAD_PATIENCE_MS);
  for (let attempt = 1; ;) {
    try {
      return await tryToPrepare(record, content, context);
    } catch (error) {
      // Whatever failed then, failed because the device is given up: it says nothing about the message.
      if (context.signal.aborted) throw new JobReleased({ cause: error });
      const action = actionFor(error);
      if (action === 'stand-by') await pause(STAND_BY_MS, context.signal);
      else if (action === 'wait') await untilConnected(record, context);
      else if (action === 'retry' && mayPass(error, attempt)) await pause(retryDelayMs(attempt++), context.signal);
      else throw error;
    }
  }
}

/** WhatsApp or its media host has a bad time, which says nothing about the message. */
const saysNothing = (error: unknown): boolean =>
  error instanceof NoAnswerError || (error instanceof PomboError && error.code === 'UPLOAD_FAILED');

async function tryToPrepare(record: MessageRecord, content: MessageContent, context: SendContext): Promise<ReadySend> {
  await untilConnected(record, context);
  const chatJid = await unlessExpired(record, context, context.directory.resolveChat(record.to));
  const earlier = await sentBefore(record, context);
  const [{ message, metadata }] = await bothSettled(
    earlier ?? prepareMessage(content, chatJid, record, context),
    context.directory.prepareChat(chatJid),
  );
  return { content, chatJid, message, metadata, bytes: splitMessage(message), nodes: buildNodes(content, chatJid) };
}

/** What both bring, once neither is under way any more. @throws what the first or else the second threw. */
async function bothSettled<A, B>(first: A | Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

/** A message whose outcome is unknown goes out again exactly as it was. */
async function sentBefore(record: MessageRecord, { store }: SendContext) {
  if (record.dispatchedAt === undefined) return undefined;
  const sent = await store.sentMessages.read(record.id);
  return sent && { message: joinMessage(sent), metadata: record.metadata };
}
