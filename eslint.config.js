import tseslint from 'typescript-eslint'

const only = (file, name) => ({ group: [name], message: `Only ${file} knows ${name}.` })

/** Which room may import what: the rules of ARCHITECTURE.md, held by the linter. */
const rooms = [
  {
    files: ['src/**/*.ts'],
    ignores: ['src/core/http.ts'],
    patterns: [only('core/http.ts', 'axios'), only('core/http.ts', 'undici')],
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/core/breakers.ts'],
    patterns: [only('core/breakers.ts', 'opossum')],
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/tickets/publisher.ts'],
    patterns: [only('tickets/publisher.ts', 'kafkajs')],
  },
  { files: ['src/**/*.ts'], ignores: ['src/journal/**'], patterns: [only('journal/', 'node:sqlite')] },
  {
    files: ['src/core/**/*.ts'],
    ignores: [],
    patterns: [{ group: ['**/zonal/**'], message: 'core/ and zonal/ meet in loyalty/.' }],
  },
  {
    files: ['src/zonal/**/*.ts'],
    ignores: [],
    patterns: [{ group: ['**/core/**'], message: 'core/ and zonal/ meet in loyalty/.' }],
  },
]

/**
 * A later entry for the same rule replaces an earlier one, so each file gets the union of what applies to it:
 * one entry per combination of rooms.
 */
const everyPattern = (except) =>
  rooms.filter((room) => !except.includes(room)).flatMap((room) => room.patterns)
const [axios, opossum, kafkajs, sqlite, core, zonal] = rooms
const restrict = (files, except) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: everyPattern(except) }] },
})

export default tseslint.config(
  { ignores: ['dist', '.cache', 'coverage', 'node_modules', 'eslint.config.js'] },
  ...tseslint.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  restrict(['src/**/*.ts'], [core, zonal]),
  restrict(['src/core/**/*.ts'], [zonal]),
  restrict(['src/core/http.ts', 'src/core/undici-pool.d.ts'], [axios, zonal]),
  restrict(['src/core/breakers.ts'], [opossum, zonal]),
  restrict(['src/zonal/**/*.ts'], [core]),
  restrict(['src/tickets/publisher.ts'], [kafkajs, core, zonal]),
  restrict(['src/journal/**/*.ts'], [sqlite, core, zonal]),
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off', 'no-console': 'off' },
  },
)
