/**
 * Payloads that cross the queue. A send job's id is the message id and everything else is in the record, so all it
 * carries is the request id, which joins the logs of two processes.
 */
export interface SendJob {
  readonly requestId: string;
}
