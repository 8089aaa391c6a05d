import type { ColumnType, ImageShape } from '../../core/dataset';
import type { AuditCode, Finding } from '../../core/finding';

export type AuditFinding = Finding<AuditCode>;

/** Counts between edges: `counts[i]` values lie in [edges[i], edges[i + 1]), the last one with its upper edge. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** How strongly a feature goes with the target; null where a measure does not apply. */
export interface Association {
  /** Of two numbers: Pearson's, −1..1. */
  readonly correlation: number | null;
  /** Of a category and a number: η, the root of the share of variance that lies between the levels, 0..1. */
  readonly correlationRatio: number | null;
  /** Of two categories, corrected for bias (Bergsma 2013), 0..1. */
  readonly cramersV: number | null;
  /** In nats, numbers in quantile bins, corrected for bias (Miller and Madow 1955). */
  readonly mutualInformation: number | null;
}

/** One column as the audit shows it. */
export interface ColumnAudit {
  readonly name: string;
  readonly type: ColumnType;
  readonly missing: number;
  readonly distinct: number;
  /** Numbers, and dates in milliseconds since 1970. */
  readonly numbers: NumberStatistics | null;
  /** Categories, booleans and texts: the most frequent levels. */
  readonly levels: readonly { readonly value: string; readonly count: number }[] | null;
  /** Characters of a text. */
  readonly length: { readonly mean: number; readonly longest: number } | null;
  /** The shape that images are stored in. */
  readonly image: ImageShape | null;
  /** With the target; null of the target itself, of images, and where none is given. */
  readonly association: Association | null;
}

export interface NumberStatistics {
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
  readonly quantiles: Readonly<Record<string, number>>;
  readonly skewness: number;
  readonly histogram: Histogram;
}

export interface Audit {
  /** Rows that were looked at. */
  readonly rows: number;
  /** Rows that there are to look at; equal rows are looked for among all of them. */
  readonly allRows: number;
  readonly columns: readonly ColumnAudit[];
  /** The worst first. */
  readonly findings: readonly AuditFinding[];
}
