/**
 * EpochRun → Batch: windowed shuffle, packing, masks, and cursors that resume at the next batch.
 *
 * @module
 */

export { batch, type BatchOptions } from "./batches.ts";
export { BatchStream, type BatchStreamOptions } from "./batch_stream.ts";
export { countBatches } from "./count.ts";
export {
  countExampleBatches,
  type Example,
  exampleBatches,
  type ExampleOptions,
  type ExampleUnit,
  heldOutBatches,
  type MixedText,
} from "./examples.ts";
export { passesOf, readCursor, type ResumePoint, resumePoint } from "./cursor.ts";
export type { BatchStatistics } from "./statistics.ts";
export { validateBatch } from "./validate.ts";
export {
  evaluationBatches,
  type EvaluationOptions,
  EvaluationRows,
  type Ids,
  rowParts,
} from "./evaluation.ts";
export type { BatchMode } from "./window.ts";
