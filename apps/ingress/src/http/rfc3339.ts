export { rfc3339 } from '@pombo/contracts';
