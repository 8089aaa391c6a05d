const { execFileSync } = require('node:child_process');

/** Tests start real processes, and those run what is built. */
module.exports = function buildOnce() {
  execFileSync('npx', ['--no-install', 'tsx', 'scripts/build.ts', '--if-stale'], { stdio: 'inherit' });
};
