import { firstSchema } from './0001-first-schema';
import { insights } from './0002-insights';
import { externalStudies } from './0003-external-studies';
import { checkpoints } from './0004-checkpoints';
import { lastSigns } from './0005-last-signs';
import { rungOrder } from './0006-rung-order';

/** Append only: a migration that has been released is never changed. Entry i brings version i to version i + 1. */
export const migrations: readonly string[] = [
  firstSchema,
  insights,
  externalStudies,
  checkpoints,
  lastSigns,
  rungOrder,
];
