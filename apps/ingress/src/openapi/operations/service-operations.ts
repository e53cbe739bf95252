import Joi from 'joi';
import type { Operation } from '../operation.js';

const healthy = Joi.object({ status: Joi.valid('ok').required() });
const examples = { Healthy: { status: 'ok' } };

export const serviceOperations = {
  'GET /health/live': {
    tag: 'Operation',
    summary: 'Ask whether the process runs',
    answers: { 200: { description: 'It runs.', schema: healthy, examples } },
  },
  'GET /health/ready': {
    tag: 'Operation',
    summary: 'Ask whether the process can work',
    answers: { 200: { description: 'Redis answers.', schema: healthy, examples } },
    errors: ['QUEUE_UNAVAILABLE'],
  },
  'GET /metrics': {
    tag: 'Operation',
    summary: 'Read the figures',
    answers: { 200: { description: 'Figures in the text format of Prometheus.', mediaType: 'text/plain' } },
  },
  'GET /openapi.json': {
    tag: 'Operation',
    summary: 'Read this document',
    answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: Joi.object({}).unknown(), examples: {} } },
  },
  'GET /docs': {
    tag: 'Operation',
    summary: 'Read and try the API in a browser',
    answers: { 200: { description: 'A page that shows this document.', mediaType: 'text/html' } },
  },
  'GET /docs/:file': {
    tag: 'Operation',
    summary: 'Get a part of that page',
    path: Joi.object({ file: Joi.string().required() }),
    answers: { 200: { description: 'A script, a style sheet or a picture.', mediaType: '*/*' } },
    errors: ['NOT_FOUND'],
  },
} satisfies Record<string, Operation>;
