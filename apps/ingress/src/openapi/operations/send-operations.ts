/** `POST /send/*`: one operation for every row of the table of message types. */
import { type ErrorCode, type MessageType, SEND_ROUTES, type SendPath, type SendRoute } from '@pombo/contracts';
import { acceptedExample, acceptedSchema, sentExample, sentSchema } from '../answers/send-answers.js';
import type { Answer, Operation } from '../operation.js';

/** What a message can end with; heard only by those who wait for the outcome. */
const OUTCOMES: readonly ErrorCode[] = [
  'RECIPIENT_NOT_ON_WHATSAPP',
  'ACCOUNT_RESTRICTED',
  'REJECTED_BY_WHATSAPP',
  'EXPIRED',
  'CANCELED',
  'DEVICE_ERROR',
  'SEND_TIMEOUT',
];

const MEDIA_OUTCOMES: readonly ErrorCode[] = [
  'MEDIA_DOWNLOAD_FAILED',
  'MEDIA_BLOCKED',
  'MEDIA_INVALID',
  'UPLOAD_FAILED',
];

/** Of media that is stored, or stored ahead. */
const MEDIA_STORE = ['MEDIA_NOT_FOUND', 'MEDIA_STORE_UNAVAILABLE', 'MEDIA_STORE_FULL'] as const;
const ADMISSION: readonly ErrorCode[] = ['DEVICE_NOT_FOUND', 'DEVICE_NOT_READY', 'RATE_LIMITED'];

/** Also what a message sent again can end with, whatever its type. */
export const SEND_ERRORS: readonly ErrorCode[] = [...ADMISSION, ...OUTCOMES, ...MEDIA_OUTCOMES];

export function sendAnswers(type: MessageType): Readonly<Record<number, Answer>> {
  return {
    200: {
      description: 'WhatsApp’s server has acknowledged the message. Only for those who wait: see `Prefer`.',
      headers: ['Location', 'Preference-Applied', 'Idempotency-Replayed'],
      schema: sentSchema,
      examples: { Sent: sentExample(type) },
    },
    202: {
      description: 'The message is stored and will be sent; `GET /messages/{id}` follows it.',
      headers: ['Location', 'Preference-Applied', 'Idempotency-Replayed'],
      schema: acceptedSchema,
      examples: {
        Accepted: acceptedExample(type),
        'Accepted, with a field that nobody knows': {
          ...acceptedExample(type),
          warnings: [
            {
              field: 'captoin',
              message: 'captoin is not a field of this message and was not used; did you mean caption?',
            },
          ],
        },
      },
    },
  };
}

function describeSend({ path, type, schema, media, docs }: SendRoute): Operation {
  return {
    tag: 'Sending',
    summary: path.endsWith(`/${type}`) ? docs.summary : `${docs.summary} (another name of /send/${type})`,
    ...(docs.description === undefined ? {} : { description: docs.description }),
    headers: ['Idempotency-Key'],
    body: { schema, examples: docs.examples, eitherSpelling: true },
    answers: sendAnswers(type),
    errors: [...ADMISSION, ...OUTCOMES, ...(media ? [...MEDIA_OUTCOMES, ...MEDIA_STORE] : [])],
  };
}

export const sendOperations = Object.fromEntries(
  SEND_ROUTES.map((route) => [`POST ${route.path}`, describeSend(route)]),
) as Record<`POST ${SendPath}`, Operation>;
