import type { proto } from '@pombo/whatsapp/protocol';
import { viewMessage, type MessageView, type RecipientView } from '../message-view.js';
import { viewPost, type PostView } from '../newsletter-view.js';
import { canonicalNumber } from '../people/canonical-number.js';
import { parseDeviceJid, userJid } from '../people/device-address.js';
import type { Group } from '../people/group-directory.js';
import type { ReceivedMessage } from '../people/received-message.js';
import { writeToClient } from '../phones/write-to-client.js';
import type { World } from '../world.js';

export interface ViewOptions {
  /** Adds the decrypted media files. Default false. */
  readonly withMediaBytes?: boolean;
  /** Only this message. */
  readonly messageId?: string;
}

export interface GroupView extends Group {
  /** What each participant holds of the group, by number. */
  readonly members: Readonly<Record<string, readonly MessageView[]>>;
}

/** `forward`: id of a message that the recipient received. */
export type ReplyContent = { readonly message: proto.IMessage } | { readonly forward: string };

export interface RecipientControls {
  /**
   * What the account with that number received. Waits for media still being checked.
   * @param who number in any spelling, PN jid or LID. Somebody nobody wrote to yet has an empty inbox.
   */
  recipient(who: string, options?: ViewOptions): Promise<RecipientView>;
  /** What was published in a newsletter, oldest first. @param id `…@newsletter`. */
  newsletter(id: string): Promise<PostView[]>;
  /** @throws when there is no such group. */
  group(id: string, options?: ViewOptions): Promise<GroupView>;
  /**
   * The recipient writes to a linked device, from the phone.
   * @returns the message id, once the device confirmed it. @throws when it doesn't within 30 s.
   */
  reply(who: string, deviceJid: string, text: string): Promise<{ readonly id: string }>;
  /** Like `reply`, with any message, or with the content of one that the recipient got itself. */
  write(who: string, deviceJid: string, message: ReplyContent): Promise<{ readonly id: string }>;
}

export function recipientControls(world: () => World): RecipientControls {
  return {
    recipient: (who, options = {}) => viewRecipient(world(), who, options),
    newsletter: (id) => {
      const { newsletters, media } = world();
      return Promise.all(newsletters.postsOf(id).map((post) => viewPost(post, media.inspector)));
    },
    group: async (id, options = {}) => viewGroup(world(), id, options),
    reply: async (who, deviceJid, text) => write(world(), who, deviceJid, { message: { conversation: text } }),
    write: async (who, deviceJid, content) => write(world(), who, deviceJid, content),
  };
}

/** The canonical number meant by a number in any spelling or by a jid. */
export function numberOf(who: string): string {
  return parseDeviceJid(who)?.number ?? canonicalNumber(who);
}

async function viewRecipient(world: World, who: string, options: ViewOptions): Promise<RecipientView> {
  const number = numberOf(who);
  const user = world.directory.find(number);
  return {
    number,
    jid: userJid(number, 'pn'),
    lid: userJid(number, 'lid'),
    devices: user?.devices.map(({ id }) => id) ?? [],
    messages: await viewMessages(world, user?.inbox.messages ?? [], options),
    typing: user?.inbox.typing ?? [],
  };
}

async function viewGroup(world: World, id: string, options: ViewOptions): Promise<GroupView> {
  const group = world.groups.find(id);
  if (!group) throw new Error('no such group');
  const members: Record<string, MessageView[]> = {};
  for (const number of group.participants) {
    const messages = world.directory.find(number)?.inbox.messages ?? [];
    const inGroup = messages.filter(({ chat }) => chat === id);
    members[number] = await viewMessages(world, inGroup, options);
  }
  return { ...group, members };
}

function viewMessages(
  world: World,
  messages: readonly ReceivedMessage[],
  options: ViewOptions,
): Promise<MessageView[]> {
  const { withMediaBytes = false, messageId } = options;
  const wanted = messageId === undefined ? messages : messages.filter(({ id }) => id === messageId);
  return Promise.all(wanted.map((message) => viewMessage(message, world.media.inspector, withMediaBytes)));
}

async function write(world: World, who: string, deviceJid: string, content: ReplyContent): Promise<{ id: string }> {
  const to = world.directory.clientDevice(deviceJid);
  const user = world.directory.person(numberOf(who));
  const form = user.correspondents.get(to) ?? 'pn';
  const message = 'message' in content ? content.message : contentOf(user.inbox.messages, content.forward);
  return { id: await writeToClient(world, { author: user.phone, to, form, message }) };
}

function contentOf(messages: readonly ReceivedMessage[], id: string): proto.IMessage {
  const content = messages.find((message) => message.id === id)?.content;
  if (!content) throw new Error('the recipient has no such message');
  return content;
}
