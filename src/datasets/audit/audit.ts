import { childEntry } from '../../core/entry';
import { TuneloomError } from '../../core/errors';
import type { DataJob } from '../../core/job';
import { runInChild } from '../run-in-child';
import type { AuditAnswer, AuditRequest } from './messages';
import type { Audit } from './types';

const LIMITS = { deadlineMs: 10 * 60 * 1000, heapMiB: 768, doing: 'the audit', code: 'audit' };

/**
 * Looks at a whole table, in a process of its own.
 * @param folder of the parsed columns
 * @param target column that features are held against; null: none
 * @throws TuneloomError `audit_timeout`, `audit_failed`
 */
export function auditDataset(folder: string, target: string | null): Promise<Audit> {
  return audited({ kind: 'table', folder, target });
}

/**
 * Looks at the training rows of a study's split, and whether they stand in its other parts too.
 * @throws InvalidError `too_few_rows`; TuneloomError `audit_timeout`, `audit_failed`
 */
export function auditStudy(job: DataJob): Promise<Audit> {
  return audited({ kind: 'study', job });
}

async function audited(request: AuditRequest): Promise<Audit> {
  const answer = await runInChild<AuditAnswer>(childEntry(__dirname, 'child'), request, LIMITS);
  if (answer.ok) return answer.audit;
  throw new TuneloomError(answer.kind, answer.code, answer.message, { errors: answer.errors });
}
