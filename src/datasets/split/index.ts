export {
  foldCount,
  partsOfSplit,
  splitRows,
  type RowSplit,
  type SplitColumns,
  type SplitParts,
} from './split';
