/** A device's messages from its queue to their outcome: what is taken from the queue goes through the dispatcher. */
import { recipientKind } from '@pombo/contracts';
import { describeError, SECOND } from '@pombo/runtime';
import { createConsumer, JobReleased, type TakenJob } from '@pombo/queue';
import { createRecipientWarmer } from '../recipients/warm-recipients.js';
import { createDispatcher, type WorkResult } from './dispatcher.js';
import { HeldBack } from './errors.js';
import { createNewChatGate } from './new-chat-gate.js';
import { pause } from './pause.js';
import type { SendContext } from './send-context.js';
import { letExpire, sendMessage } from './send-message.js';

export interface SendLine {
  /** Takes messages from now on. */
  consume(): void;
  /** Takes no more messages; those in hand go on. */
  pause(): void;
  /** The account knows these chats now. */
  heard(chats: readonly string[]): void;
  /** Two chats have turned out to be one person. */
  joined(lane: string, into: string): void;
  /** What messages are held for has changed. */
  recheck(): void;
  /** Begins nothing more, keeps nothing waiting. Resolves when nothing is between dispatch and acknowledgement. */
  drain(): Promise<void>;
  /**
   * Puts back what has no outcome. The context's signal must have fired, so that everything under way lets go.
   * @param waitMs how long that may take.
   */
  close(waitMs: number): Promise<void>;
}

/** After an error nobody foresaw, which must not turn into a busy loop. */
const AFTER_SURPRISE_MS = 10 * SECOND;

export function createSendLine(context: SendContext): SendLine {
  const { store, config, deviceId, epoch, directory, logger, signal } = context;
  const warmer = createRecipientWarmer({ directory, logger });

  const work = async (job: TakenJob, send: () => Promise<void>): Promise<WorkResult> => {
    for (;;) {
      try {
        await send();
        consumer.finish(job.messageId);
        return 'done';
      } catch (error) {
        if (error instanceof JobReleased) return 'released';
        if (error instanceof HeldBack) {
          await closeGate(job);
          return 'held';
        }
        logger.error('a message has no outcome yet and is tried again', {
          messageId: job.messageId,
          ...describeError(error),
        });
        await pause(AFTER_SURPRISE_MS, signal).catch(() => undefined);
        if (signal.aborted) return 'released';
      }
    }
  };

  const closeGate = ({ to }: TakenJob): Promise<void> => gate.close(directory.laneOf(to)).catch(logNotScreened);

  /** Others find out when it is their turn. */
  const logNotScreened = (error: unknown): void =>
    logger.warn('new chats were not told from known ones', describeError(error));

  const dispatcher = createDispatcher<TakenJob>({
    limits: { inFlight: config.SEND_IN_FLIGHT, preparing: config.SEND_PREPARING, inHand: config.SEND_IN_HAND },
    chatOf: ({ to }) => directory.laneOf(to),
    work: (job, turn) => work(job, () => sendMessage(job, turn, context)),
    expire: (job) => work(job, () => letExpire(job.messageId, context)),
    onRoom: () => consumer.roomChanged(),
  });

  const gate = createNewChatGate({
    leftMs: () => store.pacings.newChatsHeldMs(deviceId, config.PACING),
    findNew: (chats) => store.restrictions.findNew(deviceId, chats.filter(isPerson)),
    dispatcher,
    logger,
  });

  const consumer = createConsumer({
    redis: store.redis,
    keys: store.keys,
    deviceId,
    epoch,
    room: () => dispatcher.room(),
    async take(jobs) {
      await directory
        .learnLanes(jobs.map(({ to }) => to))
        .catch((error: unknown) => logger.warn('LIDs were not matched with numbers', describeError(error)));
      await gate.screen(jobs.map(({ to }) => directory.laneOf(to))).catch(logNotScreened);
      warmer.warm(jobs.map(({ to }) => to));
      dispatcher.add(jobs);
    },
    logger,
  });

  return {
    consume: () => consumer.consume(),
    pause: () => consumer.pause(),
    heard: (chats) => gate.heard(chats),
    joined: (lane, into) => dispatcher.join(lane, into),
    recheck() {
      gate.recheck();
      dispatcher.recheck();
    },
    drain() {
      consumer.pause();
      return dispatcher.drain();
    },
    async close(waitMs) {
      gate.stop();
      consumer.pause();
      void dispatcher.drain();
      await within(waitMs, dispatcher.settled());
      dispatcher.close();
      await within(waitMs, consumer.close());
    },
  };
}

/** A group is never new: whoever is in it may write to it. */
const isPerson = (jid: string): boolean => ['user', 'lid'].includes(recipientKind(jid));

/** Waits for `work`, but no longer than `ms`. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
