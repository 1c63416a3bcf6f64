import tseslint from 'typescript-eslint';

/** HTTP is `connector-api/http`'s, and fakes are for tests: a plugin's own code speaks to its PSP through `PspHttp` only. */
const PLUGIN_ONLY_THROUGH_HTTP_CORE = [
  ...['axios', '@nestjs/axios', 'undici', 'node:http', 'node:https', 'node:http2'].map((name) => ({
    group: [name],
    message: 'use PspHttp of @tributary/connector-api/http',
  })),
  { group: ['@tributary/connector-api/testing'], message: 'only for *.fake.ts, *.spec.ts and testing/' },
];

/** A plugin sees `connector-api`, its own parser or SDK, and nothing else of ours. */
const forbid = (...rooms) => forbidPatterns(...roomPatterns(rooms));
const roomPatterns = (rooms) =>
  rooms.map((room) => ({ group: [`@tributary/${room}`, `**/libs/${room}/**`, `**/apps/**`] }));
const forbidPatterns = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

export default tseslint.config(
  { ignores: ['**/node_modules/', 'dist/', 'dist-bench/', 'coverage/', 'packages/', '**/*.mjs', '**/*.js'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  { files: ['libs/connector-api/**'], rules: forbid('auth', 'feed', 'sync', 'orders', 'psp-plugins') },
  { files: ['libs/psp-plugins/**'], rules: forbid('auth', 'feed', 'sync', 'orders') },
  {
    files: ['libs/psp-plugins/**'],
    ignores: ['**/*.fake.ts', '**/*.spec.ts', '**/testing/**'],
    rules: forbidPatterns(
      ...roomPatterns(['auth', 'feed', 'sync', 'orders']),
      ...PLUGIN_ONLY_THROUGH_HTTP_CORE,
    ),
  },
  { files: ['libs/auth/**'], rules: forbid('connector-api', 'feed', 'sync', 'orders', 'psp-plugins') },
  { files: ['libs/feed/**'], rules: forbid('auth', 'sync', 'orders', 'psp-plugins') },
  { files: ['libs/sync/**'], rules: forbid('auth', 'orders', 'psp-plugins') },
  { files: ['libs/orders/**'], rules: forbid('auth', 'psp-plugins') },
  {
    files: ['**/*.spec.ts', 'test/**', 'bench/**'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
