/**
 * Work put off to the end of a turn of the event loop, when everything that had come in by then has been looked at: so what
 * many requests want of one connection can go out as one thing. In the order in which it was put off; what is put off
 * by such work belongs to the same end.
 */
let waiting: Array<() => void> = [];

export function atEndOfTurn(work: () => void): void {
  if (waiting.push(work) === 1) setImmediate(endTurn);
}

function endTurn(): void {
  let done = 0;
  try {
    while (done < waiting.length) waiting[done++]?.();
  } finally {
    waiting = waiting.slice(done);
    if (waiting.length > 0) setImmediate(endTurn);
  }
}
