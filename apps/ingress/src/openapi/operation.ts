/** How a route is described to those who call it: one entry for every row of the route table. */
import type { ErrorCode } from '@pombo/contracts';
import type Joi from 'joi';

/** Chapters of the document, in the order in which they are shown. */
export const TAGS = {
  Sending: 'Messages to people, groups and newsletters. Every send is a durable job with an id.',
  Messages: 'What became of a message; canceling it, sending it again.',
  Devices: 'The phones that send, and pairing them.',
  Users: 'Who belongs to a tenant, what they may do, and their tokens.',
  Erasure: 'Removing what is stored about a person.',
  Tenants: 'For the operator, with the master token.',
  Webhooks: 'Events, delivered to your endpoints: signed, retried for days, logged, and replayed on request.',
  Operation: 'For whoever runs Pombo: health, figures, this document.',
} as const;

export type Tag = keyof typeof TAGS;

/** What an example shows, in a few words → the example. */
export type Examples = Readonly<Record<string, unknown>>;

export const REQUEST_HEADERS = ['Prefer', 'Idempotency-Key'] as const;
export type RequestHeader = (typeof REQUEST_HEADERS)[number];

export type AnswerHeader = 'Location' | 'Preference-Applied' | 'Idempotency-Replayed';

export interface RequestBody {
  readonly schema: Joi.Schema;
  readonly examples: Examples;
  /** Fields may be written in snake_case or camelCase, and `to` as `number`. */
  readonly eitherSpelling?: true;
}

export interface Answer {
  readonly description: string;
  readonly headers?: readonly AnswerHeader[];
  /** Of a JSON answer. */
  readonly schema?: Joi.Schema;
  readonly examples?: Examples;
  /** Of an answer that is not JSON. */
  readonly mediaType?: string;
}

/** Errors that follow from the route's row (its role, its body, its headers) are added by themselves. */
export interface Operation {
  readonly tag: Tag;
  /** A short sentence without a full stop. */
  readonly summary: string;
  /** What else one should know; CommonMark. */
  readonly description?: string;
  /** One key for every `:name` in the path. */
  readonly path?: Joi.ObjectSchema;
  readonly query?: Joi.ObjectSchema;
  /** Besides `Prefer`, which goes with every JSON body. */
  readonly headers?: readonly RequestHeader[];
  readonly body?: RequestBody;
  /** The body is a file, or a form with one. */
  readonly takesFile?: true;
  /** By status; successes only. */
  readonly answers: Readonly<Record<number, Answer>>;
  readonly errors?: readonly ErrorCode[];
}
