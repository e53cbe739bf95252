/** The API's document, and a page to read and try it. */
import { PomboError } from '@pombo/contracts';
import { buildOpenApi } from '../openapi/build-document.js';
import { createDocsPage } from '../openapi/docs-page.js';
import type { Routes } from './routes.js';

export function addDocumentationRoutes(routes: Routes): void {
  const page = createDocsPage();
  let document: string | undefined;

  routes.add('GET /openapi.json', (_request, response) => {
    document ??= JSON.stringify(buildOpenApi());
    response.type('json').send(document);
  });

  routes.add('GET /docs', (_request, response) => {
    response.set(page.headers).sendFile(page.index);
  });

  routes.add('GET /docs/:file', (request, response) => {
    const file = page.files.get(String(request.params['file']));
    if (file === undefined) throw new PomboError('NOT_FOUND', 'the page has no such part');
    response.set(page.headers).set('Cache-Control', 'public, max-age=3600').sendFile(file);
  });
}
