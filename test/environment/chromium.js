const { execFileSync } = require('node:child_process');
const { existsSync } = require('node:fs');

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine; null where there is none. */
function findChromium() {
  return PATHS.find((path) => existsSync(path)) ?? null;
}

/** Installs Debian's Chromium where the machine lets us; says so where it does not. */
function installChromium() {
  if (findChromium() !== null) return;
  try {
    if (process.getuid() !== 0 || !existsSync('/etc/debian_version')) throw new Error('not root on Debian');
    const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    execFileSync('apt-get', ['update'], options);
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `\nWARNING: Chromium is missing and could not be installed (${reason}): THE BROWSER TESTS ARE SKIPPED.\n` +
        'Install it with: apt-get install -y chromium\n\n',
    );
  }
}

module.exports = { findChromium, installChromium };
