/** @param ms since the epoch. @returns as the API writes times: UTC, milliseconds, `Z`. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
