export { createIngress, type Ingress, type IngressDeps } from './service.js';
