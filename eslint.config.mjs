import tseslint from 'typescript-eslint';

/** A plugin sees `connector-api`, its own parser or SDK, and nothing else of ours. */
const forbid = (...rooms) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns: rooms.map((room) => ({ group: [`@tributary/${room}`, `**/libs/${room}/**`, `**/apps/**`] })),
    },
  ],
});

export default tseslint.config(
  { ignores: ['**/node_modules/', 'dist/', 'dist-bench/', 'coverage/', '**/*.mjs', '**/*.js'] },
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
