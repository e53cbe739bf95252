export { createIngress, type Ingress, type IngressDeps } from './service.js';
export { buildOpenApi } from './openapi/build-document.js';
