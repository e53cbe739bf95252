/** What a message type's route is to those who call it; stands beside the schema, and the API's document shows it. */
export interface SendDocs {
  /** A short sentence without a full stop. */
  readonly summary: string;
  /** What else one should know; CommonMark. */
  readonly description?: string;
  /** What an example shows → a body that the schema takes. The first is the one shown first. */
  readonly examples: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
