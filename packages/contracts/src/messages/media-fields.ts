/** Media in a body: bytes inline as base64, a URL the worker fetches, or the id of media stored before. */
import Joi from 'joi';
import { descriptionOf } from '../description-of.js';

/** What a type's media is; decides its limits, how it is prepared and where it is uploaded. */
export type MediaKind = 'image' | 'video' | 'audio' | 'sticker' | 'document';

/** Which fields of a body name a piece of media. */
export interface MediaFields {
  /** Base64, data-URI prefix optional. */
  readonly inline: string;
  readonly url: string;
}

export interface MediaSpec extends MediaFields {
  readonly kind: MediaKind;
  /** A picture shown before the media is loaded, where a client may bring its own. */
  readonly thumbnail?: MediaFields;
}

const MAX_URL_LENGTH = 2048;

const urlSchema = Joi.string()
  .max(MAX_URL_LENGTH)
  .uri({ scheme: ['http', 'https'] });

/** The one in the body before is often the one in this body, and joi takes its time over a URL. */
function createTakeUrl(): (value: unknown) => string | undefined {
  let last: string | undefined;
  return (value) => {
    if (value !== last || last === undefined) last = urlSchema.validate(value).error ? undefined : (value as string);
    return last;
  };
}

const mediaUrlSchema = urlSchema
  .messages({ 'string.uriCustomScheme': '{{#label}} must be an http:// or https:// URL' })
  .description('Fetched by the worker that sends; addresses of private networks are refused.')
  .meta({ take: createTakeUrl(), jsonSchema: { pattern: '^https?:' } });

const inlineSchema = Joi.string().description('Base64; the prefix of a data URI may stand in front.');

/** Keys for the fields of one piece of media. */
export function mediaKeys({ inline, url }: MediaFields): Joi.SchemaMap {
  return {
    [inline]: inlineSchema,
    [url]: mediaUrlSchema,
    media_id: Joi.string().max(64).description('Media stored before with `POST /media`.'),
  };
}

/** Keys for a thumbnail the client may bring: inline or behind a URL, not both. */
export function thumbnailKeys({ inline, url }: MediaFields): Joi.SchemaMap {
  return { [inline]: inlineSchema, [url]: mediaUrlSchema };
}

/** Requires exactly one of the fields, in words a person understands. */
export function withOneMedia<T>(schema: Joi.ObjectSchema<T>, { inline, url }: MediaFields): Joi.ObjectSchema<T> {
  const names = `${inline}, ${url} and media_id`;
  return schema.xor(inline, url, 'media_id').meta({
    messages: {
      'object.xor': `exactly one of ${names} must be given, not several`,
      'object.missing': `one of ${names} must be given`,
    },
  });
}

/**
 * Messages of a schema as a whole that are applied only to what is wrong: `messages()` on a schema costs every body that
 * is right, since joi then merges preferences anew in each of its fields.
 */
export function messagesOf(schema: Joi.ObjectSchema): Record<string, string> {
  const { metas = [] } = descriptionOf<{ metas?: ReadonlyArray<{ readonly messages?: Record<string, string> }> }>(
    schema,
  );
  return Object.assign({}, ...metas.map(({ messages }) => messages)) as Record<string, string>;
}
