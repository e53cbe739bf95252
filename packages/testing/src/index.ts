export * from './eventually.js';
export * from './s3-server.js';
export * from './sample-media.js';
export * from './test-config.js';
export * from './test-store.js';
export { makePdf, type PdfOptions } from './make-pdf.js';
export { type HostileImage, makeHostileImages } from './hostile-images.js';
