/**
 * Stands for `@jest/globals` (see `tsconfig.json` beside it). Files shared by tests are loaded once, and must reach what
 * belongs to the test file that runs at the moment.
 */
import currentGlobals from './current-globals.cjs';

const forward = (name) =>
  new Proxy(() => undefined, {
    apply: (_target, _this, args) => currentGlobals.current(name)(...args),
    get: (_target, property) => currentGlobals.current(name)[property],
  });

export const afterAll = forward('afterAll');
export const afterEach = forward('afterEach');
export const beforeAll = forward('beforeAll');
export const beforeEach = forward('beforeEach');
export const describe = forward('describe');
export const expect = forward('expect');
export const jest = forward('jest');
export const test = forward('test');
