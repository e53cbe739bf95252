/** `POST /send/document`. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, captionSchema, commonSendKeys } from './common.js';
import { mediaKeys, type MediaSpec, thumbnailKeys, withOneMedia } from './media-fields.js';

/** What a document is called that nobody named; Baileys' word. */
export const UNNAMED_DOCUMENT = 'file';

/** The validated body, without its media. */
export interface DocumentSend extends CommonSend {
  /** Required with `document_url`; what else is sent is called `file`. */
  readonly file_name?: string;
  readonly mime_type?: string;
  readonly caption?: string;
}

export const documentMedia = {
  kind: 'document',
  inline: 'document',
  url: 'document_url',
  thumbnail: { inline: 'thumbnail', url: 'thumbnail_url' },
} as const satisfies MediaSpec;

const MIME_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/i;

export const documentSendSchema = withOneMedia(
  Joi.object<DocumentSend>({
    ...commonSendKeys,
    ...mediaKeys(documentMedia),
    ...thumbnailKeys(documentMedia.thumbnail),
    file_name: Joi.string()
      .max(255)
      .pattern(/^[^/\\\p{Cc}]+$/u, 'a file name without slashes')
      .when('document_url', { is: Joi.exist(), then: Joi.required() }),
    mime_type: Joi.string()
      .max(127)
      .pattern(MIME_TYPE, 'a MIME type such as application/pdf')
      .description('What the recipient is told the file is.'),
    caption: captionSchema,
  }),
  documentMedia,
).nand('thumbnail', 'thumbnail_url');

export const documentDocs: SendDocs = {
  summary: 'Send a file',
  description:
    'Any file; `file_name` is required with `document_url`. A `mime_type` left out is found by the file itself. What the recipient sees before opening it is the thumbnail you bring; of a PDF without one, its first page.',
  examples: {
    'A file by its URL': {
      number: '5511999999999',
      document_url: 'https://example.com/invoice-1042.pdf',
      file_name: 'invoice-1042.pdf',
      mime_type: 'application/pdf',
      caption: 'Your invoice',
    },
    'A file in the body': {
      number: '5511999999999',
      document: 'data:text/plain;base64,SGVsbG8gZnJvbSBQb21ibyE=',
      file_name: 'hello.txt',
    },
  },
};
