/** The API as a customer's program calls it; every answer is held against the API's document. */
import { requireDocumented } from '../../apps/ingress/test/documented-answer.js';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface ApiClient {
  readonly url: string;
  readonly token: string;
  get(path: string): Promise<ApiAnswer>;
  patch(path: string, body: unknown): Promise<ApiAnswer>;
  delete(path: string): Promise<ApiAnswer>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer>;
  /** `POST /media`, in a form. */
  upload(file: Buffer): Promise<ApiAnswer>;
}

export function createApiClient(url: string, token: string): ApiClient {
  const call = async (path: string, init: RequestInit): Promise<ApiAnswer> => {
    const response = await fetch(url + path, init);
    const { status, headers } = response;
    const body = (await response.json()) as Record<string, unknown>;
    requireDocumented(init.method ?? 'GET', path, { status, body });
    return { status, headers, body };
  };
  const authorization = `Bearer ${token}`;
  return {
    url,
    token,
    patch: (path, body) =>
      call(path, {
        method: 'PATCH',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    delete: (path) => call(path, { method: 'DELETE', headers: { authorization } }),
    get: (path) => call(path, { headers: { authorization } }),
    post: (path, body, headers = {}) =>
      call(path, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    upload(file) {
      const form = new FormData();
      form.append('file', new Blob([new Uint8Array(file)]), 'file');
      return call('/media', { method: 'POST', headers: { authorization }, body: form });
    },
  };
}
