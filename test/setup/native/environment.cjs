/** Test files run in Node's own realm, and Jest's expectations and clock must mean what is there. */
const { TestEnvironment } = require('jest-environment-node');

/** What expectations compare with by identity, as in `expect.any(Number)`. */
const CLASSES = { Array, BigInt, Boolean, Error, Function, Number, Object, Promise, String, Symbol };
/** Not `globalThis` itself: then a test that holds the clock would hold `node:timers` too, which it waits with. */
const globalsOnly = new Proxy(globalThis, {});

module.exports = class NativeEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    Object.assign(this.global, CLASSES);
    const FakeTimers = this.fakeTimersModern.constructor;
    this.fakeTimersModern.dispose();
    this.fakeTimersModern = new FakeTimers({ config: config.projectConfig, global: globalsOnly });
  }
};
