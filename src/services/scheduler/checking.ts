import { InternalError, TuneloomError } from '../../core/errors';
import { internalStudy } from '../../core/study';
import { checkStudy, storedChecks, type StudyChecks } from '../checks/check-study';
import type { SchedulerContext } from './ports';
import type { StudyRun } from './study-run';
import { announceStudy } from './transitions';

/**
 * Carries out the checks before a search. What came of them is stored in the transaction that begins the search: a
 * service that is killed before carries them out again, one that is killed after does not.
 */
export class StudyChecking {
  readonly #context: SchedulerContext;
  readonly #jobs = new Map<StudyRun, string>();
  #count = 0;

  constructor(context: SchedulerContext) {
    this.#context = context;
  }

  /** Begins the checks of a study that is to have them; returns at once. */
  begin(run: StudyRun): void {
    if (!run.searching || run.record.phase !== 'checks' || this.#jobs.has(run)) return;
    this.#count += 1;
    this.#jobs.set(run, `${run.id}/checks/${String(this.#count)}`);
    void this.#context
      .guard(run, () => this.#carryOut(run))
      .finally(() => {
        this.#jobs.delete(run);
        if (!this.#context.closed()) this.#context.pump();
      });
  }

  /** Nobody waits for the checks of this study any more. */
  cancel(run: StudyRun): void {
    const job = this.#jobs.get(run);
    if (job !== undefined) this.#context.transport.cancel(job);
  }

  async #carryOut(run: StudyRun): Promise<void> {
    const { storage, runs } = this.#context;
    const checks = await this.#checks(run);
    if (checks === null || this.#context.closed() || runs.get(run.id) !== run) return;
    const failure = failureOf(run, checks);
    const record = await storage.write((session) => {
      const study = session.study(run.id);
      // Stopped, timed out or deleted meanwhile.
      if (study?.phase !== 'checks' || study.stopReason !== null) return null;
      session.putInsight(run.id, 'checks', storedChecks(checks));
      session.updateStudy(
        run.id,
        failure === null
          ? { phase: 'search' }
          : {
              state: 'failed',
              phase: null,
              runningMs: run.runningMs(),
              finishedAt: new Date().toISOString(),
              error: failure,
            },
      );
      return announceStudy(session, run.id);
    });
    if (record === null) return;
    if (record.state === 'failed') runs.drop(run.id);
    else run.record = record;
  }

  /** Checks that cannot be carried out hold no search up; null: they were told to stop, or the service ends. */
  async #checks(run: StudyRun): Promise<StudyChecks | null> {
    const { transport, logger } = this.#context;
    const job = this.#jobs.get(run) ?? '';
    try {
      return await checkStudy(job, internalStudy(run.record).spec, run.space, run.data, transport);
    } catch (error) {
      if (this.#context.closed() || !run.searching || this.#context.runs.get(run.id) !== run) return null;
      logger.error({ study: run.id, error }, 'the checks could not be carried out');
      const { code, message } =
        error instanceof TuneloomError
          ? error
          : new InternalError('checks_broke', 'the checks could not be carried out; see the log');
      return { findings: [], baselines: [], error: { code, message }, params: null, rows: null };
    }
  }
}

/** Why a strict study ends before its search; null: it goes on. */
function failureOf(
  run: StudyRun,
  { error, findings }: StudyChecks,
): { code: string; message: string } | null {
  if (internalStudy(run.record).spec.checks !== 'strict') return null;
  if (error !== null) {
    return { code: 'checks_failed', message: `the checks could not be carried out: ${error.message}` };
  }
  const failed = findings.filter(({ severity }) => severity !== 'info');
  if (failed.length === 0) return null;
  const said = failed.map(({ code, message }) => `${code}: ${message}`).join(' ');
  return {
    code: 'checks_failed',
    message: `"checks": "strict" stops the study before its search. ${said} The report has the advice; "checks": "standard" searches all the same.`,
  };
}
