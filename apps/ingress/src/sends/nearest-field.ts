/** A typo beyond two edits is more likely another word. */
const MAX_EDITS = 2;

/** The known field that looks most like an unknown one, for "did you mean"; undefined when none is close. */
export function nearestField(unknown: string, known: Iterable<string>): string | undefined {
  let best: { field: string; edits: number } | undefined;
  for (const field of known) {
    if (Math.abs(field.length - unknown.length) > MAX_EDITS) continue;
    const edits = editsBetween(unknown.toLowerCase(), field.toLowerCase());
    if (edits <= MAX_EDITS && edits < (best?.edits ?? Infinity)) best = { field, edits };
  }
  return best && best.edits < best.field.length / 2 ? best.field : undefined;
}

/** Levenshtein distance, one row at a time. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, place) => place);
  for (const [done, letter] of [...a].entries()) {
    const next = [done + 1];
    for (let place = 1; place <= b.length; place += 1) {
      const kept = (row[place - 1] ?? 0) + (b[place - 1] === letter ? 0 : 1);
      next.push(Math.min(kept, (row[place] ?? 0) + 1, (next[place - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
