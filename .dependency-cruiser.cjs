/**
 * Who may import whom. `npm run check` runs it over apps and packages; tests may import anything. `CONTRIBUTING.md`
 * explains the rules to people.
 */

/* global __dirname */
const { join } = require('node:path');

const ANY_OF_OURS = '^(apps|packages)/';
const TEST = '\\.test\\.ts$|/test/';
/** Where a process or a package begins: what cannot be reached from here is dead. */
const ENTRY_POINT = '/src/(index|main|protocol|children/[a-z]+-child|auth/[a-z-]+-thread)\\.ts$';

/** One door for each risky library. */
const DOORS = {
  whatsapp: ['@whiskeysockets/baileys', 'libsignal'],
  queue: ['bullmq'],
  media: ['sharp', '@aws-sdk/client-s3'],
  runtime: ['winston', 'prom-client'],
};

const doors = Object.entries(DOORS).map(([home, libraries]) => ({
  name: `only-${home}-uses-${libraries[0].replace(/^.*\//, '')}`,
  comment: `${libraries.join(' and ')}: used only in packages/${home}, so that a new version touches one package.`,
  severity: 'error',
  from: { path: `${ANY_OF_OURS}[^/]+/src/`, pathNot: [`^packages/${home}/src/`, TEST] },
  to: { path: `(^|/)node_modules/(${libraries.join('|')})(/|$)` },
}));

module.exports = {
  forbidden: [
    ...doors,
    {
      name: 'no-circular-imports',
      comment:
        'Two files that need each other are one file, or hide a third. Types alone may, since nothing of them runs.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-app-imports-an-app',
      comment: 'Apps meet in Redis and over HTTP.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/src/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'no-package-imports-an-app',
      comment: 'Only packages/testing starts the sandbox in its own process.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: '^apps/', pathNot: '^apps/sandbox/' },
    },
    {
      name: 'only-testing-imports-the-sandbox',
      severity: 'error',
      from: { path: `${ANY_OF_OURS}[^/]+/src/`, pathNot: ['^packages/testing/', '^apps/sandbox/'] },
      to: { path: '^(apps/sandbox|packages/testing)/' },
    },
    {
      name: 'contracts-import-nothing-of-ours',
      severity: 'error',
      from: { path: '^packages/contracts/src/' },
      to: { path: ANY_OF_OURS, pathNot: '^packages/contracts/' },
    },
    {
      name: 'guard-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^packages/guard/src/' },
      to: { path: ANY_OF_OURS, pathNot: '^packages/guard/' },
    },
    {
      name: 'runtime-imports-only-contracts',
      severity: 'error',
      from: { path: '^packages/runtime/src/' },
      to: { path: ANY_OF_OURS, pathNot: '^packages/(contracts|runtime)/' },
    },
    {
      name: 'store-imports-only-contracts-and-runtime',
      severity: 'error',
      from: { path: '^packages/store/src/' },
      to: { path: ANY_OF_OURS, pathNot: '^packages/(contracts|runtime|store)/' },
    },
    {
      name: 'queue-media-and-whatsapp-stand-apart',
      comment: 'The processors in apps/worker join them.',
      severity: 'error',
      from: { path: '^packages/(queue|media|whatsapp)/src/' },
      to: { path: '^packages/(queue|media|whatsapp)/', pathNot: '^packages/$1/' },
    },
    {
      name: 'through-the-front-door',
      comment: 'What a package offers is what its index exports.',
      severity: 'error',
      from: { path: '^((?:apps|packages)/[^/]+)/src/' },
      to: { path: '^(apps|packages)/[^/]+/src/', pathNot: ['^$1/', ENTRY_POINT] },
    },
    {
      name: 'no-dead-modules',
      comment: 'Reached from no index.ts and no main.ts: nobody runs it.',
      severity: 'error',
      from: { path: ENTRY_POINT },
      to: { path: `${ANY_OF_OURS}[^/]+/src/.+\\.ts$`, pathNot: [ENTRY_POINT, TEST, '\\.d\\.ts$'], reachable: false },
    },
    {
      name: 'no-undeclared-library',
      comment:
        'What src imports stands in the dependencies of its own package.json, not in the devDependencies of the root.',
      severity: 'error',
      from: { path: `${ANY_OF_OURS}[^/]+/src/` },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: { path: `${ANY_OF_OURS}[^/]+/src/` },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(apps|packages)/[^/]+/(dist|test)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: join(__dirname, 'scripts', 'tsconfig.import-rules.json') },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
