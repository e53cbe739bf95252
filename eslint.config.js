import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const only = (library, home) => ({ name: library, message: `${library} is used only in ${home}.` });

/** One door for each risky library; `.dependency-cruiser.cjs` holds the rules about who imports whom. */
const doors = [
  { home: 'packages/whatsapp', libraries: ['@whiskeysockets/baileys', 'libsignal'] },
  { home: 'packages/queue', libraries: ['bullmq'] },
  { home: 'packages/media', libraries: ['sharp', '@aws-sdk/client-s3'] },
  { home: 'packages/runtime', libraries: ['winston', 'prom-client'] },
];

const libraryRules = doors.map(({ home }) => ({
  files: [`${home}/src/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: doors
          .filter((door) => door.home !== home)
          .flatMap((door) => door.libraries.map((library) => only(library, door.home))),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.data/**', 'coverage/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['{apps,packages}/*/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: doors.flatMap((door) => door.libraries.map((l) => only(l, door.home))) },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'The environment is read only by the config loader in packages/runtime (main.ts hands it over).',
        },
        {
          selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
          message: 'process.exit is called only in main.ts and the lifecycle.',
        },
      ],
    },
  },
  ...libraryRules,
  {
    files: ['apps/*/src/main.ts', 'packages/runtime/src/lifecycle.ts', 'packages/testing/src/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        module: 'writable',
        URL: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
);
