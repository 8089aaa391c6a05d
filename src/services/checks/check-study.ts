import type { DataJob, TrialTransport } from '../../core/job';
import type { CheckMeasurements } from '../../core/checks';
import type { CheckCode, Finding } from '../../core/finding';
import type { JsonObject } from '../../core/json';
import { deriveSeed } from '../../core/random';
import type { Specification } from '../../core/specification';
import type { Params } from '../../core/trial';
import { judgeChecks } from '../../insight';
import { assemble, axes, fill, type Space } from '../../space';
import { toTrialConfig } from '../specification';

/** What came of the checks, as it is stored with the study. */
export interface StudyChecks {
  readonly findings: readonly Finding<CheckCode>[];
  readonly baselines: CheckMeasurements['baselines'];
  /** Why they could not be carried out; then the lists are empty. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** The point of the space whose network was looked at. */
  readonly params: Params | null;
  readonly rows: CheckMeasurements['rows'] | null;
}

/**
 * Checks the network in the middle of the space: the middle of every range, the middle one of the options in their order.
 * @throws TuneloomError what the transport throws
 */
export async function checkStudy(
  id: string,
  spec: Specification,
  space: Space,
  data: DataJob,
  transport: Pick<TrialTransport, 'perform'>,
): Promise<StudyChecks> {
  const params = middleOf(space);
  const measured = await transport.perform('check', {
    id,
    data,
    config: toTrialConfig(fill(space, params), spec.task),
    seed: deriveSeed(spec.search.seed, 'checks'),
    engine: spec.engine,
  });
  const { baselines, rows } = measured;
  return { findings: judgeChecks(measured, spec.objectives), baselines, error: null, params, rows };
}

/** As it is stored: without what JSON leaves out. */
export function storedChecks(checks: StudyChecks): JsonObject {
  return JSON.parse(JSON.stringify(checks)) as JsonObject;
}

export function middleOf(space: Space): Params {
  const places = new Map(axes(space).map((axis) => [axis.name, axis]));
  return assemble(space, (name) => {
    const axis = places.get(name);
    if (axis?.kind === 'number') return axis.valueAt(0.5);
    return axis?.options[Math.floor((axis.options.length - 1) / 2)] ?? null;
  });
}
