/** What Jest made for the file that is being run: `test`, `expect` and so on. */
let globals = {};

module.exports = {
  setGlobals(made) {
    globals = made;
  },
  current: (name) => globals[name],
};
