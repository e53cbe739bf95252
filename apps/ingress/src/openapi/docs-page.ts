/** The files of the page at `/docs`: ours, and those of Swagger UI as npm installed them. Nothing comes from elsewhere. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Scripts and styles from here only, and no call to anywhere else: the page holds a token. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const OWN_FILES = ['page.css', 'page.js', 'pigeon.svg'];
const SWAGGER_UI_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'];

export interface DocsPage {
  readonly headers: Readonly<Record<string, string>>;
  /** Path of the HTML file. */
  readonly index: string;
  /** Name under `/docs/` → path. */
  readonly files: ReadonlyMap<string, string>;
}

export function createDocsPage(): DocsPage {
  const own = fileURLToPath(new URL('../../docs-page', import.meta.url));
  const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return {
    headers: {
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    },
    index: join(own, 'index.html'),
    files: new Map([
      ...OWN_FILES.map((name) => [name, join(own, name)] as const),
      ...SWAGGER_UI_FILES.map((name) => [name, join(swaggerUi, name)] as const),
    ]),
  };
}
