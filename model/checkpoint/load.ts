/**
 * Loads checkpoints, and refuses damaged ones.
 *
 * @module
 */
import { join } from "node:path";
import type { ModelConfig } from "../config.ts";
import { parseConfig } from "../config_json.ts";
import { createLayout, type Layout } from "../layout.ts";
import { openSafetensors } from "../safetensors/mod.ts";
import { digestFile, exists, readBounded } from "../durable.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, readAdapter } from "./adapter.ts";
import { checkModelSize } from "./model_size.ts";
import { type CheckpointState, parseState } from "./state.ts";
import {
  checkArea,
  checkTensors,
  fillArea,
  FIRST_MOMENT_PREFIX,
  SECOND_MOMENT_PREFIX,
} from "./tensors.ts";

/** Largest config.json, which has some dozen lines. */
const MAX_CONFIG_BYTES = 2 ** 20;
/** Largest state.json, whose cursors may hold the state of a shuffle window. */
const MAX_STATE_BYTES = 64 * 2 ** 20;

/** Names of the files that a checkpoint cannot do without; one of an adapter has its weights alone. */
function requiredOf(files: CheckpointState["files"]): [weights: string, ...others: string[]] {
  const weights = Object.hasOwn(files, ADAPTER_CONFIG) ? ADAPTER_WEIGHTS : "model.safetensors";
  return [weights, "config.json", "optimizer.safetensors"];
}

/** Contents of a checkpoint's state and configuration. */
export interface CheckpointInfo extends CheckpointState {
  /** The checkpoint's folder, as it was named. */
  readonly dir: string;
  /** As config.json has it. */
  readonly config: ModelConfig;
}

/** Options of {@linkcode loadCheckpoint}. */
export interface LoadCheckpointOptions {
  /** The model to load into; by default that of the checkpoint's config.json. */
  readonly layout?: Layout;
  /** Areas to fill, `[layout.length]`, possibly views of shared memory. */
  readonly into: {
    readonly parameters: Float32Array;
    readonly firstMoment?: Float32Array;
    readonly secondMoment?: Float32Array;
    /** By the prefix of their tensors, as they were saved. */
    readonly areas?: ReadonlyMap<string, Float32Array>;
  };
}

/**
 * Reads a Hugging Face folder's config.json, and checks it against the size of the weights there; of
 * an adapter's folder that of its base.
 *
 * @throws {SyntaxError} naming the field that this program cannot use
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { presetConfig } from "../config.ts";
 * import { createLayout } from "../layout.ts";
 * import { readModelConfig, saveCheckpoint } from "./mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 16, endOfTextId: 0 });
 * const layout = createLayout(config);
 * const parameters = new Float32Array(layout.length).fill(0.5);
 * const moments = { firstMoment: parameters, secondMoment: parameters };
 * const snapshot = { step: 5, totalTokens: 640, cursors: {}, parameters, ...moments };
 * const dir = `${await Deno.makeTempDir()}/step-000005`;
 * await saveCheckpoint(dir, { config, layout, snapshot });
 * assertEquals(await readModelConfig(dir), config);
 * ```
 */
export async function readModelConfig(dir: string): Promise<ModelConfig> {
  const adapter = await readAdapter(dir);
  if (adapter) return await readModelConfig(adapter.base);
  const source = join(dir, "config.json");
  const config = parseConfig(await readBounded(source, { maxBytes: MAX_CONFIG_BYTES }), { source });
  await checkModelSize(dir, config);
  return config;
}

/**
 * Reads the state.json of a checkpoint.
 *
 * @throws {SyntaxError} when it is missing or damaged
 */
export async function readState(dir: string): Promise<CheckpointState> {
  const source = join(dir, "state.json");
  if (!await exists(source)) {
    throw new SyntaxError(`Cannot load checkpoint ${dir}: it has no state.json`);
  }
  return parseState(await readBounded(source, { maxBytes: MAX_STATE_BYTES }), { source });
}

/**
 * Reads state and configuration of a checkpoint, and checks that its files are there in full
 * length, but not their digests.
 *
 * @throws {SyntaxError} naming the file that is missing, truncated or damaged
 */
export async function readCheckpointInfo(dir: string): Promise<CheckpointInfo> {
  const state = await readState(dir);
  for (const name of requiredOf(state.files)) {
    if (!Object.hasOwn(state.files, name)) {
      throw new SyntaxError(`Cannot load checkpoint ${dir}: its state.json lists no ${name}`);
    }
  }
  for (const [name, { bytes }] of Object.entries(state.files)) {
    const path = join(dir, name);
    if (!await exists(path)) {
      throw new SyntaxError(`Cannot load checkpoint ${dir}: ${name} is missing`);
    }
    const { size } = await Deno.stat(path);
    if (size !== bytes) {
      throw new SyntaxError(
        `Cannot load checkpoint ${dir}: ${name} has ${size} bytes, ${bytes} were saved`,
      );
    }
  }
  return { dir, config: await readModelConfig(dir), ...state };
}

/**
 * Loads a checkpoint after verifying every file's digest; nothing is filled unless all is well.
 *
 * @throws {SyntaxError} naming the file that is missing, truncated or damaged
 * @throws {TypeError} when its tensors have other shapes than `layout`
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { presetConfig } from "../config.ts";
 * import { createLayout } from "../layout.ts";
 * import { loadCheckpoint, saveCheckpoint } from "./mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 16, endOfTextId: 0 });
 * const layout = createLayout(config);
 * const parameters = new Float32Array(layout.length).fill(0.5);
 * const moments = { firstMoment: parameters, secondMoment: parameters };
 * const snapshot = { step: 5, totalTokens: 640, cursors: {}, parameters, ...moments };
 * const dir = `${await Deno.makeTempDir()}/step-000005`;
 * await saveCheckpoint(dir, { config, layout, snapshot });
 * const into = { parameters: new Float32Array(layout.length) };
 * const { totalTokens } = await loadCheckpoint(dir, { into });
 * assertEquals([totalTokens, into.parameters[0]], [640, 0.5]);
 * ```
 */
export async function loadCheckpoint(
  dir: string,
  { layout: wanted, into }: LoadCheckpointOptions,
): Promise<CheckpointInfo> {
  const info = await readCheckpointInfo(dir);
  for (const [name, { sha256 }] of Object.entries(info.files)) {
    if ((await digestFile(join(dir, name))).sha256 !== sha256) {
      throw new SyntaxError(
        `Cannot load checkpoint ${dir}: ${name} does not match its digest, it is damaged`,
      );
    }
  }
  const layout = wanted ?? createLayout(info.config);
  const areas = [
    { name: "parameters", area: into.parameters, file: requiredOf(info.files)[0], prefix: "" },
    {
      name: "firstMoment",
      area: into.firstMoment,
      file: "optimizer.safetensors",
      prefix: FIRST_MOMENT_PREFIX,
    },
    {
      name: "secondMoment",
      area: into.secondMoment,
      file: "optimizer.safetensors",
      prefix: SECOND_MOMENT_PREFIX,
    },
    ...[...into.areas ?? []].map(([prefix, area]) => {
      return { name: `areas ${prefix}`, area, file: "optimizer.safetensors", prefix };
    }),
  ];
  using files = new DisposableStack();
  const fills: (() => void)[] = [];
  for (const { name, area, file: fileName, prefix } of areas) {
    if (!area) continue;
    const source = join(dir, fileName);
    checkArea(area, { layout, name: `into.${name}` });
    const file = files.use(await openSafetensors(source));
    checkTensors(file, { layout, prefix, source });
    fills.push(() => fillArea(area, { file, layout, prefix }));
  }
  for (const fill of fills) fill();
  return info;
}
