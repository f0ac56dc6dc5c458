/**
 * Saves checkpoints atomically and durably.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import type { ModelConfig } from "../config.ts";
import { formatConfig } from "../config_json.ts";
import type { Layout } from "../layout.ts";
import { type TensorData, writeSafetensors } from "../safetensors/mod.ts";
import { exists, type FileDigest, replaceFile, syncFolder } from "../durable.ts";
import { reasonOf } from "../system_error.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from "./adapter.ts";
import type { Companions } from "./companions.ts";
import { notFinite } from "./finite.ts";
import { formatGenerationConfig } from "./generation_config.ts";
import { formatHubFiles } from "./hub_files.ts";
import { OLD_SUFFIX, TEMPORARY_PREFIX, writeLatest } from "./latest.ts";
import { formatState } from "./state.ts";
import { formatStopIds } from "./stop_ids.ts";
import { checkArea, FIRST_MOMENT_PREFIX, SECOND_MOMENT_PREFIX, tensorsOf } from "./tensors.ts";

/** Everything the optimizer needs to resume after `step`. Areas are `[layout.length]`. */
export interface SavedState {
  /** Optimizer steps done. */
  readonly step: number;
  /** Target tokens since the first step. */
  readonly totalTokens: number;
  /** The weights. */
  readonly parameters: Float32Array;
  /** AdamW's first moments; of matrices that Muon updates, its momentum. */
  readonly firstMoment: Float32Array;
  /** AdamW's second moments. */
  readonly secondMoment: Float32Array;
  /** What else the optimizer needs, by the prefix of its tensors. */
  readonly areas?: ReadonlyMap<string, Float32Array>;
  /** Cursors by stage, plain JSON. */
  readonly cursors: Readonly<Record<string, unknown>>;
}

/** Options of {@linkcode saveCheckpoint}. */
export interface SaveCheckpointOptions {
  /** Written as config.json. */
  readonly config: ModelConfig;
  /** Where each tensor is in the areas of `snapshot`. */
  readonly layout: Layout;
  /** What to save; not changed, and not to be changed until all is written. */
  readonly snapshot: SavedState;
  /** Text of tokenizer.json; without it the folder has no tokenizer. */
  readonly tokenizerJson?: string;
  /** Text of adapter_config.json, where `layout` is an adapter's. */
  readonly adapterConfig?: string;
  /** Companions inherited from the model it started from. */
  readonly companions?: Companions;
  /** Settings and provenance of the run: plain JSON that {@linkcode loadCheckpoint} returns. */
  readonly run?: unknown;
  /** Metrics of this step; values that are not finite are omitted. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/**
 * Saves a checkpoint as the folder `dir` in Hugging Face layout and points `latest` beside it to
 * it. Killed at any moment, it leaves earlier checkpoints intact, and `latest` names a whole one.
 *
 * @throws {Error} when it cannot be written, with the reason as its cause
 * @throws {RangeError} when weights or moments are not finite
 * @throws {TypeError} when an area of the snapshot is not as long as the layout
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { presetConfig } from "../config.ts";
 * import { createLayout } from "../layout.ts";
 * import { latestCheckpoint, loadCheckpoint, saveCheckpoint } from "./mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 16, endOfTextId: 0 });
 * const layout = createLayout(config);
 * const area = () => new Float32Array(layout.length);
 * const snapshot = {
 *   step: 5,
 *   totalTokens: 640,
 *   cursors: {},
 *   parameters: area().fill(0.5),
 *   firstMoment: area(),
 *   secondMoment: area(),
 * };
 * const dir = await Deno.makeTempDir();
 * await saveCheckpoint(`${dir}/step-000005`, { config, layout, snapshot });
 * const into = { parameters: area() };
 * const { step } = await loadCheckpoint(await latestCheckpoint(dir) ?? "", { into });
 * assertEquals([step, into.parameters[0]], [5, 0.5]);
 * await Deno.remove(dir, { recursive: true });
 * ```
 */
export async function saveCheckpoint(dir: string, options: SaveCheckpointOptions): Promise<void> {
  const { layout, snapshot } = options;
  for (const name of ["parameters", "firstMoment", "secondMoment"] as const) {
    checkArea(snapshot[name], { layout, name: `snapshot.${name}` });
  }
  for (const [prefix, area] of snapshot.areas ?? []) {
    checkArea(area, { layout, name: `snapshot.areas ${prefix}` });
  }
  const ruined = notFinite(snapshot, { layout });
  if (ruined !== undefined) {
    throw new RangeError(
      `Cannot save checkpoint ${dir}: ${ruined}; earlier checkpoints are as they were`,
    );
  }
  const target = resolve(dir);
  const parent = dirname(target);
  const temporary = join(parent, `${TEMPORARY_PREFIX}${basename(target)}-${crypto.randomUUID()}`);
  try {
    await Deno.mkdir(parent, { recursive: true });
    await Deno.mkdir(temporary);
    try {
      await writeFiles(temporary, options);
      await syncFolder(temporary);
      await moveIntoPlace(temporary, target);
    } catch (error) {
      // Exists only if the rename has failed.
      if (await exists(temporary)) await Deno.remove(temporary, { recursive: true });
      throw error;
    }
    await syncFolder(parent);
    await writeLatest(parent, basename(target));
  } catch (cause) {
    throw new Error(
      `Cannot save checkpoint ${dir}: ${reasonOf(cause)}; earlier checkpoints are as they were`,
      { cause },
    );
  }
}

async function writeFiles(dir: string, options: SaveCheckpointOptions): Promise<void> {
  const { config, layout, snapshot, tokenizerJson, run = null, metrics = {} } = options;
  const { companions = { stopIds: [] } } = options;
  const { stopIds, templateFiles = {} } = companions;
  const files: Record<string, FileDigest> = {};
  const writeText = async (name: string, text: string) => {
    files[name] = await replaceFile(join(dir, name), text);
  };
  const writeTensors = async (name: string, tensors: Iterable<TensorData>) => {
    files[name] = await writeSafetensors(join(dir, name), { tensors });
  };
  const eosTokenId = formatStopIds(config.eos_token_id, stopIds);
  await writeText("config.json", formatConfig(config, { eosTokenId }));
  if (tokenizerJson === undefined) {
    await writeText(
      "generation_config.json",
      formatGenerationConfig(config, { padId: null, stopIds }),
    );
  } else {
    const hub = { tokenizerJson, companions };
    const { tokenizerConfig, generationConfig } = formatHubFiles(config, hub);
    await writeText("tokenizer.json", tokenizerJson);
    await writeText("tokenizer_config.json", tokenizerConfig);
    await writeText("generation_config.json", generationConfig);
  }
  for (const [path, text] of Object.entries(templateFiles)) {
    await Deno.mkdir(dirname(join(dir, path)), { recursive: true });
    await writeText(path, text);
  }
  const { adapterConfig } = options;
  if (adapterConfig !== undefined) await writeText(ADAPTER_CONFIG, adapterConfig);
  const weightsFile = adapterConfig === undefined ? "model.safetensors" : ADAPTER_WEIGHTS;
  await writeTensors(weightsFile, tensorsOf(snapshot.parameters, { layout }));
  await writeTensors("optimizer.safetensors", [
    ...tensorsOf(snapshot.firstMoment, { layout, prefix: FIRST_MOMENT_PREFIX }),
    ...tensorsOf(snapshot.secondMoment, { layout, prefix: SECOND_MOMENT_PREFIX }),
    ...[...snapshot.areas ?? []].flatMap(([prefix, area]) => [
      ...tensorsOf(area, { layout, prefix }),
    ]),
  ]);
  const { step, totalTokens, cursors } = snapshot;
  const state = formatState({ step, totalTokens, cursors, run, metrics, files });
  await replaceFile(join(dir, "state.json"), state);
}

/** Renames `temporary` to `target`, setting an earlier checkpoint of that name aside until then. */
async function moveIntoPlace(temporary: string, target: string): Promise<void> {
  if (!await exists(target)) return await Deno.rename(temporary, target);
  if (!await exists(join(target, "state.json"))) {
    throw new Error("its folder exists and is not a checkpoint; choose another folder");
  }
  const old = target + OLD_SUFFIX;
  if (await exists(old)) await Deno.remove(old, { recursive: true });
  await Deno.rename(target, old);
  try {
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.rename(old, target);
    throw error;
  }
  await syncFolder(dirname(target));
  await Deno.remove(old, { recursive: true });
}
