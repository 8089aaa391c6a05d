import { existsSync } from 'node:fs';

/** Where Debian's chromium keeps its software renderer, and the Vulkan loader that finds it. */
const FOLDER = '/usr/lib/chromium';
const DRIVER = `${FOLDER}/vk_swiftshader_icd.json`;

/** The environment in which WebGPU runs on SwiftShader: right numbers, no speed. Null where it is not installed. */
export function swiftShader(): NodeJS.ProcessEnv | null {
  if (!existsSync(DRIVER)) return null;
  return { VK_ICD_FILENAMES: DRIVER, LD_LIBRARY_PATH: FOLDER, XDG_RUNTIME_DIR: '/tmp' };
}

/** `describe`, or a skipped one that says why. */
export function describeOnWebGpu(name: string, tests: (env: NodeJS.ProcessEnv) => void): void {
  const env = swiftShader();
  if (env === null) {
    console.warn(`SKIPPED: ${name}: needs ${DRIVER} of Debian's package chromium`);
    describe.skip(name, () => {
      it.todo('runs where chromium is installed');
    });
    return;
  }
  describe(name, () => {
    tests(env);
  });
}
