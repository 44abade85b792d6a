import tseslint from 'typescript-eslint'

/**
 * The rooms of src/, and what each may import: ARCHITECTURE.md draws the same arrows. No two rooms import each other. What
 * lies in src/ itself, such as service.ts, is above all rooms, but for exchange.ts.
 */
export const rooms = {
  time: [],
  model: [],
  config: [],
  http: [],
  redemptions: ['model'],
  observability: ['http', 'exchange', 'model', 'time'],
  journal: ['redemptions', 'observability', 'exchange', 'config', 'model', 'time'],
  diary: ['journal', 'observability', 'exchange', 'config', 'model', 'time'],
  trifft: ['journal', 'observability', 'exchange', 'config', 'model', 'time'],
  tickets: ['journal', 'observability', 'config', 'model', 'time'],
  loyalty: ['redemptions', 'trifft', 'journal', 'observability', 'exchange', 'model', 'time'],
  reversals: ['loyalty', 'redemptions', 'trifft', 'journal', 'observability', 'exchange', 'model', 'time'],
  zonal: ['loyalty', 'http', 'observability', 'exchange', 'model', 'time'],
  timeline: ['zonal', 'diary', 'journal', 'redemptions', 'exchange', 'model'],
  'dead-letters': ['zonal', 'loyalty', 'journal', 'observability', 'exchange', 'config', 'model', 'time'],
  console: [
    'dead-letters',
    'timeline',
    'diary',
    'zonal',
    'redemptions',
    'journal',
    'observability',
    'http',
    'config',
    'model',
    'time',
  ],
  commands: [
    'console',
    'dead-letters',
    'timeline',
    'diary',
    'zonal',
    'loyalty',
    'redemptions',
    'journal',
    'observability',
    'exchange',
    'config',
    'model',
    'time',
  ],
}

/** What only one file or folder of src/ knows, or one for each of its databases, so that it can be replaced there. */
export const libraries = {
  axios: 'trifft/http.ts',
  undici: 'trifft/http.ts',
  opossum: 'trifft/breakers.ts',
  kafkajs: 'tickets/producer.ts',
  'node:sqlite': ['journal/sqlite/**', 'diary/sqlite/**'],
  pg: 'journal/postgres/**',
  '@opentelemetry/*': 'observability/tracing/**',
}

/** Within zonal/ only a dialect knows a syntax, and it knows no other dialect: what these files must not import. */
export const dialectWalls = [
  {
    files: ['src/zonal/{http,messages,capture}/**/*.ts', 'src/zonal/{catalogue,dialect,redaction}.ts'],
    regex: '/dialects/',
    message: 'A syntax is known to its dialect alone: take what it does from zonal/dialect.ts.',
  },
  {
    files: ['src/zonal/dialects/*/*.ts'],
    regex: '^\\.\\./(?!\\.\\./(messages/|(catalogue|dialect|redaction)\\.ts$|\\.\\./model/))',
    message:
      'A dialect may import model/, and of zonal/ messages/, catalogue.ts, dialect.ts and redaction.ts.',
  },
]

/** A later entry for the same rule replaces an earlier one, so each file gets all that applies to it in one entry. */
function restrict(files, ignores, room, except, more = []) {
  const allowed = rooms[room]
  const others = [...Object.keys(rooms), 'exchange'].filter(
    (name) => name !== room && !allowed?.includes(name),
  )
  const patterns = Object.entries(libraries)
    .filter(([library]) => !except.includes(library))
    .map(([library, place]) => ({
      group: [library],
      message: `Only ${[place].flat().join(' and ')} knows ${library}.`,
    }))
  const walls = others.map((name) => ({
    regex: `^(\\.\\./)+${name === 'exchange' ? 'exchange\\.ts$' : `${name}/`}`,
    message: `${room}/ must not import ${name}: see \`rooms\` in eslint.config.js.`,
  }))
  const above = {
    regex: '^(\\.\\./)+(service|parts|app|main|health)\\.ts$',
    message: 'It is above all rooms.',
  }
  return {
    files,
    ignores,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: allowed ? [...patterns, ...walls, above, ...more] : patterns },
      ],
    },
  }
}

const allPlaces = [...new Set(Object.values(libraries).flat())]
const places = allPlaces.map((place) => [
  place,
  Object.keys(libraries).filter((library) => [libraries[library]].flat().includes(place)),
])
const walls = [
  restrict(['src/*.ts'], [], undefined, []),
  ...Object.keys(rooms).map((room) =>
    restrict(
      [`src/${room}/**/*.ts`],
      allPlaces.map((place) => `src/${place}`),
      room,
      [],
    ),
  ),
  ...places.map(([place, known]) => restrict([`src/${place}`], [], place.split('/')[0], known)),
  ...dialectWalls.map(({ files, ...wall }) => restrict(files, [], 'zonal', [], [wall])),
  // The one file beside the rooms that they import.
  {
    files: ['src/exchange.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: '^\\./(?!(model|time)/)' }] }] },
  },
]

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
  ...walls,
  // For browsers, so it is no part of the TypeScript project.
  {
    files: ['test/sandbox/page/*.js', 'src/console/assets/*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: { parserOptions: { projectService: false } },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off', 'no-console': 'off' },
  },
)
