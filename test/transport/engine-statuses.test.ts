import type { EngineStatus } from '../../src/core/job';
import { mergedStatuses, undriven } from '../../src/transport/engine-statuses';

const there = (name: EngineStatus['name'], devices: string[]): EngineStatus => ({
  name,
  version: '1',
  available: true,
  reason: null,
  devices,
});
const missing = (name: EngineStatus['name'], reason: string): EngineStatus => ({
  name,
  version: null,
  available: false,
  reason,
  devices: [],
});

describe('what the workers of several devices have found', () => {
  it('is one list, in which an engine drives what any of them drives', () => {
    const cpu = [there('compiled', ['cpu']), there('tensorflow', ['cpu'])];
    const cuda = [there('compiled', ['cpu']), there('tensorflow', ['cuda:0'])];
    expect(mergedStatuses([cpu, cuda])).toEqual([
      there('compiled', ['cpu']),
      there('tensorflow', ['cpu', 'cuda:0']),
    ]);
  });

  it('has an engine where one of them has it', () => {
    const merged = mergedStatuses([[missing('tensorflow', 'no')], [there('tensorflow', ['cuda:1'])]]);
    expect(merged).toEqual([there('tensorflow', ['cuda:1'])]);
  });

  it('says of a device that nothing drives what each engine lacks', () => {
    const engines = [there('compiled', ['cpu']), missing('tensorflow', 'TensorFlow finds no GPU')];
    expect(undriven('cpu', engines)).toBeNull();
    expect(undriven('cuda:0', engines)).toBe(
      'compiled: does not drive cuda:0; tensorflow: TensorFlow finds no GPU',
    );
  });
});
