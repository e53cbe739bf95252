/** WhatsApp's stanzas carry times as whole seconds in text. */
export function unixSeconds(atMs: number = Date.now()): string {
  return Math.floor(atMs / 1000).toString();
}
