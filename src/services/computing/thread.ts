/** Entry of the API process' computing threads: what would hold up its event loop. */
import { streamOf } from '../../core/random';
import type { ObservedTrial, Sampler } from '../../core/search';
import { importances } from '../../insight';
import { createSampler } from '../../samplers';
import { parseSpace, type Space } from '../../space';
import { importanceTableOf } from './importance-table';
import type { ImportanceAnswer, ImportanceTask, ProposalAnswer, ProposalTask } from './messages';

/** Studies whose histories a thread keeps. */
const MOST_STUDIES = 32;

interface KnownStudy {
  readonly space: Space;
  readonly sampler: Sampler<Space>;
  readonly finished: ObservedTrial[];
}

const studies = new Map<string, KnownStudy>();

export function compute(task: ProposalTask | ImportanceTask): ProposalAnswer | ImportanceAnswer {
  return task.kind === 'propose' ? propose(task) : importance(task);
}

function propose(task: ProposalTask): ProposalAnswer {
  const { run, number, seed, budget, directions } = task;
  const study = studies.get(run) ?? newStudy(task);
  if (study.finished.length < task.known) return { resend: true };
  study.finished.length = task.known;
  study.finished.push(...task.finished);
  keep(run, study);
  const params = study.sampler.propose({
    space: study.space,
    history: [...study.finished, ...task.unfinished],
    directions,
    number,
    stream: streamOf(seed, 'sampler', number),
    seed,
    budget,
  });
  return { params };
}

function newStudy({ document, sampler }: ProposalTask): KnownStudy {
  const space = parseSpace(document);
  return { space, sampler: createSampler(sampler, space), finished: [] };
}

/** The study used last is the last to be forgotten. */
function keep(run: string, study: KnownStudy): void {
  studies.delete(run);
  studies.set(run, study);
  const [oldest] = studies.keys();
  if (studies.size > MOST_STUDIES && oldest !== undefined) studies.delete(oldest);
}

function importance({ document, params, losses, method }: ImportanceTask): ImportanceAnswer {
  return importances(importanceTableOf(parseSpace(document), params, losses), method);
}
