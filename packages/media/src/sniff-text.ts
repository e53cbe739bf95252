/** Text by its content: file-type knows binary formats only, and a host that answers a login page sends text. */

export interface SniffedMedia {
  readonly mimeType: string;
  /** Without a dot. */
  readonly extension: string;
}

/** How much of the start is looked at. */
export const TEXT_SAMPLE_BYTES = 4_096;

/** What may stand before the first tag: white space, an XML declaration, a comment, a document type other than HTML's. */
const BEFORE_FIRST_TAG = /^(?:\s+|<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!doctype\s(?!\s*html)[^>[]*(?:\[[^\]]*\][^>]*)?>)/i;

const HTML_TAGS: ReadonlySet<string> = new Set(
  '!doctype html head body script style title meta link h1 h2 div p a b br center font pre table img iframe'.split(' '),
);

/** @returns undefined when the bytes are not UTF-8 text */
export function sniffText(bytes: Uint8Array): SniffedMedia | undefined {
  const text = decodeSample(bytes)?.trimStart();
  if (text === undefined || text === '') return undefined;
  const tag = firstTag(text);
  if (tag === 'svg') return { mimeType: 'image/svg+xml', extension: 'svg' };
  if (tag !== undefined && HTML_TAGS.has(tag)) return { mimeType: 'text/html', extension: 'html' };
  if (text.startsWith('<?xml')) return { mimeType: 'application/xml', extension: 'xml' };
  if (/^[{[]\s*["{[\]}\d]/.test(text)) return { mimeType: 'application/json', extension: 'json' };
  return { mimeType: 'text/plain', extension: 'txt' };
}

/** One piece at a time: one expression for all of them would backtrack without end on a row of comments. */
function firstTag(text: string): string | undefined {
  const rest = text.replace(BEFORE_FIRST_TAG, '');
  if (rest !== text) return firstTag(rest);
  return /^<(!doctype|[a-z][a-z0-9]*)(?=[\s/>])/i.exec(text)?.[1]?.toLowerCase();
}

function decodeSample(bytes: Uint8Array): string | undefined {
  try {
    // `stream` lets the sample end inside a character.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, TEXT_SAMPLE_BYTES), {
      stream: true,
    });
    return hasControlCharacters(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Control characters other than tab, line feed, form feed, carriage return and escape mean binary. */
function hasControlCharacters(text: string): boolean {
  return [...text].some((character) => character < ' ' && !'\t\n\f\r\x1b'.includes(character));
}
