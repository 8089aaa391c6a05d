/** Entry of the process that looks at one table. */
import { TuneloomError } from '../../core/errors';
import { openTable } from '../table';
import { auditTable } from './audit-table';
import type { AuditAnswer, AuditRequest } from './messages';
import { divideTable } from '../preparation/prepare-table';
import { partsOfSplit } from '../split';

async function audit(request: AuditRequest): Promise<AuditAnswer> {
  if (request.kind === 'table') {
    const table = await openTable(request.folder);
    const { target } = request;
    return {
      ok: true,
      audit: await auditTable(table, { target, rows: null, features: null, parts: null, group: null }),
    };
  }
  const { job } = request;
  const table = await openTable(job.table.folder);
  const { values, split } = await divideTable(table, job);
  const parts = partsOfSplit(split, job.fold ?? 0);
  const { target, labels, features } = job;
  const { group, time } = job.split;
  const division = { split, values, time };
  const options = { target, labels, rows: parts.train, features, parts, group, division };
  return { ok: true, audit: await auditTable(table, options) };
}

async function answer(request: AuditRequest): Promise<AuditAnswer> {
  try {
    return await audit(request);
  } catch (error) {
    if (error instanceof TuneloomError) {
      const { kind, code, message, errors } = error;
      return { ok: false, kind, code, message, errors };
    }
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, kind: 'internal', code: 'audit_failed', message, errors: [] };
  }
}

process.on('disconnect', () => process.exit(1));
process.once('message', (request: AuditRequest) => {
  void answer(request).then((result) => {
    process.send?.(result, () => process.exit(0));
  });
});
