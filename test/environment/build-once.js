const { execFileSync } = require('node:child_process');
const { installChromium } = require('./chromium');

/** Tests start real processes, and those run what is built. */
module.exports = function buildOnce() {
  installChromium();
  execFileSync('npx', ['--no-install', 'tsx', 'scripts/build.ts', '--if-stale'], { stdio: 'inherit' });
};
