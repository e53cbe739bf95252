/**
 * Runs test files as plain modules of Node. Jest's own way gives each file a realm of its own and loads everything it
 * imports anew, which for Baileys and its like costs seconds a file and most of the suite's time. Here the modules a
 * test imports are loaded once per worker process; what makes a test a test (timeouts, hooks, expectations) stays
 * Jest's. So no module may keep anything of one test file that changes another, as none may in production.
 */
const { pathToFileURL } = require('node:url');
const { default: Runtime } = require('jest-runtime');
const { setGlobals } = require('./current-globals.cjs');

module.exports = class NativeRuntime extends Runtime {
  unstable_shouldLoadAsEsm() {
    return true;
  }

  async unstable_importModule(path) {
    // Jest's own knows only what it has transformed itself; Node maps what the loader has.
    Error.prepareStackTrace = undefined;
    setGlobals(this.requireModuleOrMock(path, '@jest/globals'));
    await import(pathToFileURL(path).href);
  }
};
