/** Reads a JSON body, of a client that may send one. */
import { PomboError } from '@pombo/contracts';
import express, { type Request, type RequestHandler } from 'express';

const JSON_TYPES = ['application/json', 'application/*+json'];

/** @param limitBytes of the body, decompressed. */
export function createReadJson(limitBytes: number): RequestHandler[] {
  return [requireJson, invite, express.json({ limit: limitBytes, type: JSON_TYPES }), requireObject];
}

const requireJson: RequestHandler = (request, _response, next) => {
  if (hasBody(request) && !request.is(JSON_TYPES)) {
    throw new PomboError('UNSUPPORTED_MEDIA_TYPE', 'the body must be JSON, with Content-Type: application/json');
  }
  next();
};

function hasBody(request: Request): boolean {
  return request.get('transfer-encoding') !== undefined || Number(request.get('content-length') ?? 0) > 0;
}

/** curl asks before it sends more than 1 MB; whoever was refused before this point never sends it. */
const invite: RequestHandler = (request, response, next) => {
  if (request.get('expect')?.toLowerCase() === '100-continue') response.writeContinue();
  next();
};

const requireObject: RequestHandler = (request, _response, next) => {
  const body: unknown = request.body ?? {};
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw new PomboError('VALIDATION_ERROR', 'the body must be a JSON object');
  }
  request.body = body;
  next();
};
