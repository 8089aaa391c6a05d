export { Augmenter } from './augmentation/augmenter';
export {
  auditDataset,
  auditStudy,
  type Association,
  type Audit,
  type AuditFinding,
  type ColumnAudit,
} from './audit';
export { eachImage } from './images/each-image';
export { ingestFile, type IngestedTable, type IngestOptions } from './ingest/ingest';
export { applyPreparation, parsePreparation } from './preparation/apply';
export { applyInputs } from './preparation/apply-inputs';
export { applyStored } from './preparation/apply-stored';
export {
  bareInput,
  numbersOf,
  type ColumnStep,
  type FittedInput,
  type FittedPreparation,
  type FittedTarget,
} from './preparation/fitted';
export { canAverage, commonTarget, type CommonTarget } from './preparation/merge-targets';
export { mergePreparations, type MergedPreparation } from './preparation/merge';
export { openRawRows, preparedShuffled } from './preparation/raw-rows';
export { MISSING_WORDS, valueOf, widthOf } from './preparation/preprocess';
export { outputToPrediction, type PredictedRow } from './preparation/output';
export {
  closeTable,
  inputLayout,
  inputRows,
  inputShape,
  inputShapes,
  preparedKey,
  prepareTable,
  type InputLayout,
  type PreparedPart,
  type PreparedTable,
} from './preparation/prepare-table';
export {
  foldCount,
  partsOfSplit,
  splitRows,
  type RowSplit,
  type SplitColumns,
  type SplitParts,
} from './split';
export {
  bytesOfRows,
  chooseRows,
  closeRows,
  gatherRows,
  inMemory,
  readRows,
  type PreparedRows,
} from './prepared/rows';
export { openTable, type Table, type TableColumn } from './table';
export { assertTask, classLabels, inferTask, usableFeatures, type LeftOut } from './task';
