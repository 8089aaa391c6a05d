import type { ErrorKind, FieldError } from '../../core/errors';
import type { DataJob } from '../../core/job';
import type { Audit } from './types';

export type AuditRequest =
  | { readonly kind: 'table'; readonly folder: string; readonly target: string | null }
  | { readonly kind: 'study'; readonly job: DataJob };

export type AuditAnswer =
  | { readonly ok: true; readonly audit: Audit }
  | {
      readonly ok: false;
      readonly kind: ErrorKind;
      readonly code: string;
      readonly message: string;
      readonly errors: readonly FieldError[];
    };
