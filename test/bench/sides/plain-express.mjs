/** The plain alternative to the ingress: Express as its documentation shows it, which reads JSON and answers. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { serveOrders } from '../lib/helper.mjs';

const express = createRequire(join(ROOT, 'apps', 'ingress', 'package.json'))('express');
const app = express();
app.use(express.json({ limit: '25mb' }));
app.post('/send/image', (request, response) => {
  response.status(202).json({ success: true, to: request.body.number });
});
const server = app.listen(0, '127.0.0.1', () => {
  serveOrders({ url: `http://127.0.0.1:${server.address().port}` }, () => Promise.resolve());
});
