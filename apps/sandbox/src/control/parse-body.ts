import type { Request } from 'express';

/** @throws when the request's JSON body is not an object. */
export function bodyOf(request: Request): Record<string, unknown> {
  const body: unknown = request.body ?? {};
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Error('body must be a JSON object');
  return body as Record<string, unknown>;
}

/** @throws when the field is not a string. */
export function requireText(body: Record<string, unknown>, field: string): string {
  const value = optionalText(body, field);
  if (value === undefined) throw new Error(`${field} is missing`);
  return value;
}

/** Numbers are taken as text: a phone number may be written either way. */
export function optionalText(body: Record<string, unknown>, field: string): string | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`${field} must be a string`);
  return String(value);
}

/** @throws when the field is not an array of strings. */
export function optionalTexts(body: Record<string, unknown>, field: string): string[] | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  const isTexts = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (!isTexts) throw new Error(`${field} must be an array of strings`);
  return value;
}
