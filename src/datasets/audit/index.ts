export { auditDataset, auditStudy } from './audit';
export type { Association, Audit, AuditFinding, ColumnAudit, Histogram, NumberStatistics } from './types';
