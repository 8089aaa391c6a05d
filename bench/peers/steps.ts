import { compiledStepMs, NETS, type Net } from '../compiler';
import { runPeer, type Peers } from './environment';

/** Rows of the table: what it is called on the command line, and what it is. */
const TOOLS: Readonly<Record<string, string>> = {
  keras: 'Keras `fit`',
  pytorch: 'PyTorch, eager',
  'pytorch-fused': 'PyTorch, eager, Adam with `fused=True`',
  jax: 'JAX, an epoch jitted with `lax.scan`',
};
export const STEP_TOOLS = Object.keys(TOOLS);

const REPEATS = 5;

/** The three nets of compiler.md as the Python side reads them. */
function requestOf(): object {
  const nets = NETS.map((net) => ({
    name: net.name,
    batch: net.batch,
    steps: Math.min(net.steps, 500),
    repeats: REPEATS,
    input: net.name.startsWith('conv') ? [28, 28, 1] : [net.width],
    classes: net.classes,
    layers: net.layers.flatMap(peerLayer),
  }));
  return { nets };
}

function peerLayer(layer: Net['layers'][number]): object[] {
  const [kind = '', given] = Object.entries(layer)[0] ?? [];
  const { units, filters, padding, poolSize } = given as Record<string, unknown>;
  switch (kind) {
    case 'dense':
      return [{ dense: units }];
    case 'conv2d':
      return [{ conv: filters, same: padding === 'same' }];
    case 'maxPooling2d':
      return [{ pool: poolSize }];
    case 'flatten':
      return [{ flatten: true }];
    default:
      // The peers take images as they are.
      return [];
  }
}

/**
 * Milliseconds a training step, Adam, one thread: ours compiled, and the tools that were picked. Processor time, which
 * other work on the machine does not lengthen.
 */
export async function steps(peers: Peers, picked: readonly string[]): Promise<void> {
  console.log(`\n| ms of one core a training step | ${NETS.map(({ name }) => name).join(' | ')} |`);
  console.log(`|---|${NETS.map(() => '---').join('|')}|`);
  const ours: number[] = [];
  for (const net of NETS) ours.push(await compiledStepMs(net));
  console.log(`| Tuneloom, compiled | ${ours.map(shown).join(' | ')} |`);
  if ('reason' in peers) return;
  for (const tool of picked) {
    const results = (await runPeer(peers.python, ['steps.py', tool], requestOf())) as { ms: number }[];
    const cells = results.map(({ ms }, i) => `${shown(ms)} (${(ms / (ours[i] ?? NaN)).toFixed(1)} ×)`);
    console.log(`| ${TOOLS[tool] ?? tool} | ${cells.join(' | ')} |`);
  }
}

function shown(ms: number): string {
  return ms.toFixed(ms < 1 ? 3 : ms < 10 ? 2 : 0);
}
