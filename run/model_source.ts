/**
 * Finds the model a command is about: a run folder, a checkpoint or an export folder.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import {
  initFromFolder,
  readModelConfig,
  readSamplingSettings,
  readStopIds,
  type SamplingSettings,
} from "../model/checkpoint/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { exists, isFolder } from "../model/durable.ts";
import { readGguf } from "../model/gguf/mod.ts";
import { createLayout } from "../model/layout.ts";
import { formatTokenizer, readTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import {
  type ChatTemplate,
  type Engine,
  type EngineAdapter,
  KV_FORMATS,
  openOnnxEngine,
  openWasmEngine,
  readChatTemplate,
  WEIGHT_FORMATS,
} from "../engine/mod.ts";
import {
  CHECKPOINT_FLAG,
  type CheckpointWish,
  chooseCheckpoint,
  type ChosenCheckpoint,
} from "./choose_checkpoint.ts";
import { choice, type FlagValues, group, number, text, UsageError } from "../cli/flags.ts";
import { type EngineName, ENGINES, locateModel } from "./locate_model.ts";
import { fitsVocabulary } from "./model_tokenizer.ts";
import { noRun, RUN_FLAG } from "./open.ts";
import { readPrompts } from "./prompts.ts";
import { readGgufModel } from "./gguf_model.ts";
import { openAdapters, type ServedAdapter } from "./served_adapters.ts";
import { runPaths } from "./folder.ts";

/** Flags that name a model and what runs it. */
export const MODEL_FLAGS = {
  ...RUN_FLAG,
  ...group("Model", {
    model: text({
      help:
        "folder of a model with config.json and tokenizer.json, or its ONNX or GGUF file (default: the run's)",
      value: "PATH",
    }),
    checkpoint: CHECKPOINT_FLAG,
    engine: choice({
      help: "what runs the model (default: wasm, or onnx where there is only an ONNX file)",
      of: ENGINES,
    }),
    threads: number({
      help: "threads that compute (default: one a core for wasm, 1 for onnx)",
      min: 1,
      max: 64,
    }),
    weights: choice({
      help: "how wasm keeps the weights: int8 takes a quarter of the memory and is faster",
      of: WEIGHT_FORMATS,
      defaultValue: "f32",
    }),
    kv: choice({
      help: "how wasm keeps keys and values: f16 takes half of the memory, int8 a quarter",
      of: KV_FORMATS,
      defaultValue: "f32",
    }),
    "cache-mib": number({
      help: "memory for keys and values of all texts (default: 256 for wasm, 512 for onnx)",
      min: 1,
      max: 4096,
    }),
  }),
};

/** Values of {@linkcode MODEL_FLAGS}; all but the run have defaults. */
export type ModelChoice =
  & Partial<FlagValues<typeof MODEL_FLAGS>>
  & { readonly run: string };

/** What runs a model, and how. */
export type EngineSettings = Pick<ModelChoice, "threads" | "weights" | "kv" | "cache-mib">;

/** A model ready to generate. */
export interface OpenModel {
  readonly engine: Engine;
  readonly engineName: EngineName;
  readonly codec: Tokenizer;
  /** The text of its tokenizer.json. */
  readonly tokenizerJson: string;
  /** How it writes conversations down, where it says so. */
  readonly chatTemplate: ChatTemplate | undefined;
  /** Every id that ends what it writes, by its config.json and generation_config.json. */
  readonly stopIds: ReadonlySet<number>;
  /** How its generation_config.json says that tokens are drawn. */
  readonly sampling: SamplingSettings;
  /** Beginnings of documents of its corpus, where some are known. */
  readonly prompts: readonly string[];
  readonly name: string;
  /** The folder it was read from. */
  readonly folder: string;
  /** Which checkpoint of a run it is, and why, where it is one. */
  readonly chosen: string | undefined;
  /** Adapters that the engine has, by name. */
  readonly adapters: ReadonlyMap<string, ServedAdapter>;
}

/**
 * Opens the model that the flags name: a checkpoint of the run, its export, or a folder; with
 * `adapters` as {@linkcode openAdapters} reads them.
 */
export async function openModel(
  choice: ModelChoice,
  { adapters: given = [] }: { adapters?: readonly string[] } = {},
): Promise<OpenModel> {
  const { folder, onnxFile, ggufFile, chosen } = await locateModel(choice);
  if (ggufFile !== undefined) return await openGguf(ggufFile, { settings: choice, given });
  const tokenizerPath = join(folder, "tokenizer.json");
  if (!await exists(tokenizerPath)) {
    throw new UsageError(`Cannot open the model in ${folder}: it has no tokenizer.json`);
  }
  const { tokenizer: codec, json: tokenizerJson } = await readTokenizer(tokenizerPath);
  const config = await readModelConfig(folder);
  if (!fitsVocabulary(config, codec)) {
    throw new UsageError(
      `Cannot open the model in ${folder}: its vocabulary has ${config.vocab_size} entries and ` +
        `its tokenizer ${codec.vocabSize}; put the tokenizer.json there that it was trained with`,
    );
  }
  const chatTemplate = await readChatTemplate(folder);
  const sampling = await readSamplingSettings(folder);
  const stopIds = await readStopIds(folder);
  const prompts = await readPrompts(folder);
  const name = "cllm";
  const adapters = await openAdapters(given, { config, vocabSize: codec.vocabSize, name, folder });
  const engine = await openEngine(folder, {
    config,
    onnxFile,
    settings: choice,
    adapters: adapters.engine,
  });
  const engineName = onnxFile === undefined ? "wasm" : "onnx";
  return {
    engine,
    engineName,
    codec,
    tokenizerJson,
    chatTemplate,
    name,
    adapters: adapters.served,
    folder,
    stopIds,
    sampling,
    prompts,
    chosen,
  };
}

/** Opens the model in a GGUF file, whose name becomes the fingerprint of its weights. */
async function openGguf(
  path: string,
  { settings, given }: { settings: EngineSettings; given: readonly string[] },
): Promise<OpenModel> {
  const { config, tokenizer: codec, chatTemplate, stopIds } = await readGgufModel(path);
  const name = "cllm";
  const adapters = await openAdapters(given, { config, vocabSize: codec.vocabSize, name });
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  await readGguf(path, { config, layout, parameters });
  const fingerprint = basename(path);
  return {
    engine: await openKernels({
      config,
      parameters,
      fingerprint,
      settings,
      adapters: adapters.engine,
    }),
    engineName: "wasm",
    codec,
    tokenizerJson: formatTokenizer(codec),
    chatTemplate,
    name,
    adapters: adapters.served,
    folder: dirname(path),
    stopIds,
    sampling: {},
    prompts: [],
    chosen: undefined,
  };
}

/** Our kernels on weights that are in memory. */
async function openKernels(
  { config, parameters, fingerprint, settings, adapters }: {
    config: ModelConfig;
    parameters: Float32Array;
    fingerprint: string;
    settings: EngineSettings;
    adapters: readonly EngineAdapter[];
  },
): Promise<Engine> {
  const { threads, weights = "f32", kv = "f32", "cache-mib": cacheMib } = settings;
  return await openWasmEngine({
    config,
    parameters,
    fingerprint,
    weights,
    kv,
    adapters,
    ...cacheMib !== undefined && { cacheBytes: cacheMib * 2 ** 20 },
    ...threads && { workers: threads },
  });
}

/**
 * Opens an engine on the weights in `folder`, whose name becomes their fingerprint: on the ONNX file
 * where there is one, and with our kernels otherwise.
 */
export async function openEngine(
  folder: string,
  { config, onnxFile, settings, adapters = [] }: {
    config: ModelConfig;
    onnxFile?: string | undefined;
    settings: EngineSettings;
    adapters?: readonly EngineAdapter[];
  },
): Promise<Engine> {
  const { threads, weights = "f32", kv = "f32", "cache-mib": cacheMib } = settings;
  const cache = cacheMib === undefined ? {} : { cacheBytes: cacheMib * 2 ** 20 };
  const fingerprint = basename(folder);
  if (onnxFile !== undefined) {
    if (adapters.length > 0) {
      throw new UsageError("Cannot use --adapter with --engine onnx: use --engine wasm");
    }
    if (weights !== "f32") {
      throw new UsageError(
        `Cannot use --weights ${weights} with --engine onnx: its weights are as the file has them; ` +
          "use --engine wasm",
      );
    }
    if (kv !== "f32") {
      throw new UsageError(`Cannot use --kv ${kv} with --engine onnx: use --engine wasm`);
    }
    return await openOnnxEngine({
      model: onnxFile,
      config,
      fingerprint,
      ...cache,
      ...threads && { threads },
    });
  }
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  await initFromFolder(folder, { layout, parameters });
  return await openKernels({ config, parameters, fingerprint, settings, adapters });
}

/**
 * A checkpoint of a run, the best unless `wish` says otherwise.
 *
 * @throws {UsageError} when there is no run, no checkpoint, or none of that step
 */
export async function findCheckpoint(
  { run, wish }: { run: string; wish: CheckpointWish | undefined },
): Promise<ChosenCheckpoint> {
  if (!await isFolder(run)) throw await noRun(run);
  const found = await chooseCheckpoint(runPaths(run).checkpoints, wish);
  if (found === undefined) {
    throw new UsageError(
      `Cannot find a checkpoint in --run ${run}: it has none yet; ` +
        `go on with \`deno task pipeline --run ${run}\``,
    );
  }
  return found;
}
