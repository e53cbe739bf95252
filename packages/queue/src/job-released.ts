/**
 * Thrown by whoever lets go of a job without an outcome (the device was lost, the process stops): the job goes back to
 * where the next owner takes it up in order.
 */
export class JobReleased extends Error {
  constructor(options?: { cause?: unknown }) {
    super('the job is left for the next owner of the device', options);
    this.name = 'JobReleased';
  }
}
