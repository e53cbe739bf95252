/** Reads a JSON body, of a client that may send one. */
import type { IncomingMessage } from 'node:http';
import { PomboError } from '@pombo/contracts';
import express from 'express';
import { createBodyBuffers } from './body-buffers.js';
import { inviteBody } from './invite-body.js';
import type { NodeHandler } from './node-handler.js';
import { hasPlainBody, readPlainBody } from './read-plain-body.js';

/** `application/json`, `application/vnd.something+json`. */
const JSON_TYPE = /^\s*application\/(?:json|[\w.!#$&^-]+\+json)\s*(?:;|$)/i;

/** Of memory for bodies: some thirty requests with a picture. */
const KEPT_BYTES = 16 * 1024 * 1024;

/** @param limitBytes of the body, decompressed. */
export function createReadJson(limitBytes: number): NodeHandler[] {
  // Knows every encoding there is, and takes its time.
  const readAny = express.json({ limit: limitBytes, type: isJson, strict: false });

  const buffers = createBodyBuffers(KEPT_BYTES);

  const read: NodeHandler = (request, response, next) => {
    if (hasPlainBody(request, limitBytes)) return readPlainBody(request, buffers, next);
    readAny(request, response, next);
  };
  return [requireJson, invite, read, requireObject];
}

const isJson = (request: IncomingMessage): boolean => JSON_TYPE.test(request.headers['content-type'] ?? '');

const requireJson: NodeHandler = (request, _response, next) => {
  if (hasBody(request) && !isJson(request)) {
    throw new PomboError('UNSUPPORTED_MEDIA_TYPE', 'the body must be JSON, with Content-Type: application/json');
  }
  next();
};

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const invite: NodeHandler = (request, response, next) => {
  inviteBody(request, response);
  next();
};

const requireObject: NodeHandler = (request, _response, next) => {
  const { body } = request;
  // No body at all is one without fields.
  if (body === undefined) request.body = {};
  else if (typeof body !== 'object' || body === null || Array.isArray(body)) throw notAnObject();
  next();
};

function notAnObject(): PomboError {
  const message = 'the body must be a JSON object';
  return new PomboError('VALIDATION_ERROR', message, { validation: [{ field: 'body', message }] });
}
