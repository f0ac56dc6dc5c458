/**
 * Checkpoints: folders that Hugging Face transformers loads as a model, and that this program
 * continues training from bit for bit. A damaged checkpoint is refused.
 *
 * @module
 */
export {
  checkpointName,
  latestCheckpoint,
  listCheckpoints,
  readPointer,
  stepOf,
} from "./latest.ts";
export {
  type AdapterInfo,
  formatAdapterConfig,
  loadAdapter,
  type LoadedAdapter,
  readAdapter,
} from "./adapter.ts";
export { checkBase, holdCheckpoint, weightsDigest } from "./base.ts";
export { bestCheckpoint } from "./best.ts";
export { checkRetention, type Retention, rotateCheckpoints } from "./rotation.ts";
export {
  readSamplingSettings,
  SAMPLING_DEFAULTS,
  type SamplingSettings,
} from "./generation_config.ts";
export { type Companions, readCompanions, readTemplateFiles, TEMPLATE_PATH } from "./companions.ts";
export { initFromFolder } from "./init.ts";
export { loadCheckpoint, readCheckpointInfo, readModelConfig } from "./load.ts";
export type { CheckpointInfo, LoadCheckpointOptions } from "./load.ts";
export { loadNewest, type LoadNewestOptions, type NewestCheckpoint } from "./newest.ts";
export { readJson } from "./small_files.ts";
export { countParameters } from "./model_size.ts";
export { saveCheckpoint } from "./save.ts";
export { formatStopIds, readStopIds } from "./stop_ids.ts";
export { DIVERGED_SUFFIX, setAsideCheckpoint } from "./set_aside.ts";
export type { SaveCheckpointOptions, SavedState } from "./save.ts";
export type { CheckpointState } from "./state.ts";
export type { FileDigest } from "../durable.ts";
