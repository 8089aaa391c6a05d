// TensorFlow reads these while it is loaded: as in the service's workers.
Object.assign(process.env, {
  TF_CPP_MIN_LOG_LEVEL: '3',
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
});

/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: '<rootDir>/test/environment/node-environment.js',
  globalSetup: '<rootDir>/test/environment/build-once.js',
  reporters: ['default', '<rootDir>/test/environment/closing-line.js'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
        module: { type: 'commonjs' },
      },
    ],
  },
  testTimeout: 30_000,
};
