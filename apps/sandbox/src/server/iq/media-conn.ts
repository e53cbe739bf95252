import { stanza } from '../../wire/stanza.js';
import type { IqContext, IqTable } from './iq-handler.js';

/** Where to upload media, and with what permission. */
function mediaConnection({ world }: IqContext) {
  const { host, auth } = world.media.host;
  const hosts = [stanza('host', { hostname: host, maxContentLengthBytes: (128 * 1024 * 1024).toString() })];
  return [stanza('media_conn', { auth, ttl: '3600', auth_ttl: '21600', max_buckets: '12' }, hosts)];
}

export const mediaIqs: IqTable = { 'set w:m': mediaConnection };
