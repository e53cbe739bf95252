/** What a media URL must look like before anything is resolved or connected. */
import { PomboError } from '@pombo/contracts';

/**
 * Parses with the WHATWG rules, which bring decimal, octal and hexadecimal IPv4 forms to the dotted one.
 *
 * @param base - the URL that redirected here
 * @throws PomboError MEDIA_BLOCKED: not a URL, not http(s), a user name or password in it, or a step down from https to http
 */
export function parseMediaUrl(value: string, base?: URL): URL {
  const url = URL.canParse(value, base?.href) ? new URL(value, base?.href) : undefined;
  if (!url) throw blocked('The media address is not a valid URL.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw blocked('The media address must begin with http:// or https://.');
  }
  if (url.username !== '' || url.password !== '') {
    throw blocked('The media address must not contain a user name or password.');
  }
  if (base?.protocol === 'https:' && url.protocol === 'http:') {
    throw blocked(`${base.host} redirected from https to http; that is not followed.`);
  }
  url.hash = '';
  return url;
}

function blocked(message: string): PomboError {
  return new PomboError('MEDIA_BLOCKED', message);
}
