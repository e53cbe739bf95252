/** The header's value as undici hands it over; the first one of a repeated header. */
export function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
