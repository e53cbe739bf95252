import type { CommonSend, ContentCommon } from '@pombo/contracts';

/** The part of a message's content that all types share; what says nothing is left out, since it is stored. */
export function commonContent({ delay, mentioned, quoted }: CommonSend): ContentCommon {
  return {
    ...(delay > 0 ? { delay } : {}),
    ...(mentioned.length > 0 ? { mentioned } : {}),
    ...(quoted === undefined ? {} : { quoted }),
  };
}
