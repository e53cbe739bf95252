import Joi from 'joi';

/**
 * A text of so many characters, as JSON Schema and people count them: an emoji is one, though JavaScript's `length`, and joi's
 * `max` with it, say two.
 */
export function limitedText(max: number): Joi.StringSchema {
  return Joi.string()
    .custom((value: string, helpers) =>
      isWithin(value, max) ? value : helpers.error('string.max', { limit: max, value, encoding: undefined }),
    )
    .meta({
      jsonSchema: { maxLength: max },
      take: (value: unknown) => (typeof value === 'string' && value !== '' && value.length <= max ? value : undefined),
    });
}

function isWithin(value: string, max: number): boolean {
  // No character is more than two units long, so most texts need not be counted.
  return value.length <= max || (value.length <= 2 * max && Array.from(value).length <= max);
}
