/** Thrown by a handler: the iq is answered with this error. */
export class IqRefusal extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}
