/** The other end of `startHelper`: answers one order after the other. */

/** @param {unknown} ready what to say first. @param {(order: any) => Promise<unknown>} obey */
export function serveOrders(ready, obey) {
  process.on('message', (order) => {
    obey(order).then(
      (result) => process.send({ result: result ?? {} }),
      (error) => process.send({ failed: error.stack }),
    );
  });
  process.once('disconnect', () => process.exit());
  process.send({ result: ready });
}
