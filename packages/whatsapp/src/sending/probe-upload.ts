/** Asks the media host whether what was uploaded is still there, before messages refer to it again. */
import { type Dispatcher, request } from 'undici';
import type { UploadedMedia } from './upload-media.js';

export interface ProbeOptions {
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
}

/** Hosts that don't know HEAD: the first byte says as much. */
const NO_HEAD: ReadonlySet<number> = new Set([405, 501]);

/** @returns false when it is gone, or when the host does not say: another upload is always right. */
export async function probeUpload({ url }: Pick<UploadedMedia, 'url'>, options: ProbeOptions): Promise<boolean> {
  if (!url.startsWith('https://')) return false;
  try {
    const status = await ask('HEAD', url, options);
    return isThere(NO_HEAD.has(status) ? await ask('GET', url, options) : status);
  } catch {
    return false;
  }
}

async function ask(method: 'HEAD' | 'GET', url: string, { dispatcher, timeoutMs }: ProbeOptions): Promise<number> {
  const { statusCode, body } = await request(url, {
    method,
    dispatcher,
    headers: { origin: 'https://web.whatsapp.com', ...(method === 'GET' ? { range: 'bytes=0-0' } : {}) },
    signal: AbortSignal.timeout(timeoutMs),
  });
  body.on('error', () => undefined).destroy();
  return statusCode;
}

const isThere = (status: number): boolean => status === 200 || status === 206;
