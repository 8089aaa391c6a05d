/** The import table of docs/architecture.md. `only` is what a folder may import of ours; every folder by its index.ts. */
const ROOMS = {
  core: [],
  config: ['core'],
  space: ['core'],
  samplers: ['core', 'space'],
  pruners: ['core'],
  datasets: ['core'],
  storage: ['core'],
  artifacts: ['core'],
  insight: ['core'],
  compiler: ['core'],
  runtime: ['core', 'compiler'],
  training: ['core', 'space', 'datasets', 'compiler', 'runtime', 'artifacts'],
  // The entries of threads and of the inference process also prepare data, load models and pick an engine.
  workers: ['core', 'training', 'datasets', 'artifacts', 'runtime'],
  transport: ['core', 'workers'],
  services: ['core', 'space', 'samplers', 'pruners', 'datasets', 'insight', 'artifacts', 'transport'],
  api: ['core', 'services'],
};

const names = Object.keys(ROOMS);

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'by-the-door',
      comment: 'other folders are entered through their index.ts; core has no door, each file is one',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/(?!core/)([^/]+)/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    ...names.map((room) => ({
      name: `${room}-imports`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: `^src/(?!(${[room, ...ROOMS[room]].join('|')})/)` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/api/generated/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
