/**
 * Finds the files of a model: in a run, in a folder, or beside an ONNX file.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { exists } from "../model/durable.ts";
import { type CheckpointWish, chooseCheckpoint } from "./choose_checkpoint.ts";
import { UsageError } from "../cli/flags.ts";
import { noRun } from "./open.ts";
import { ONNX_FILE, runPaths } from "./folder.ts";

/** Engines that can run a model. */
export const ENGINES = ["wasm", "onnx"] as const;

/** A name in {@linkcode ENGINES}. */
export type EngineName = typeof ENGINES[number];

/** Paths of the ONNX file in exports: of this program and transformers.js, and of other tools. */
const ONNX_FILES = [ONNX_FILE, "model.onnx"];
/** Files of weights for the project's own kernels. */
const WEIGHT_FILES = [
  "model.safetensors",
  "model.safetensors.index.json",
  "adapter_model.safetensors",
];

/** A model as named by a command's flags. */
export interface ModelPlace {
  readonly run: string;
  /** A folder, or an ONNX file. */
  readonly model?: string | undefined;
  readonly engine?: EngineName | undefined;
  /** Checkpoint of the run; the best by default. */
  readonly checkpoint?: CheckpointWish | undefined;
}

/** A model's folder, and its ONNX file for the ONNX engine. */
export interface LocatedModel {
  readonly folder: string;
  readonly onnxFile?: string;
  /** The file of its weights and all else, where it is one. */
  readonly ggufFile?: string;
  /** Which checkpoint of a run was chosen, and why; absent for other models. */
  readonly chosen?: string;
}

/**
 * Finds the model of a command: a checkpoint of the run, its export, or a named folder or file.
 *
 * @throws {UsageError} naming the missing file or folder
 */
export async function locateModel(place: ModelPlace): Promise<LocatedModel> {
  const { run, model, engine, checkpoint } = place;
  if (checkpoint !== undefined && (model !== undefined || engine === "onnx")) {
    const other = model === undefined ? "--engine onnx" : `--model ${model}`;
    throw new UsageError(
      `Cannot use --checkpoint ${checkpoint} with ${other}: it names one of the run's own`,
    );
  }
  if (model?.endsWith(".onnx")) return await locateFile(model, engine);
  if (model?.endsWith(".gguf")) return await locateGguf(model, engine);
  if (model === undefined && engine !== "onnx") {
    const chosen = await chooseCheckpoint(runPaths(run).checkpoints, checkpoint);
    if (chosen !== undefined) return { folder: chosen.folder, chosen: chosen.line };
    if (checkpoint !== undefined) {
      throw new UsageError(`Cannot use --checkpoint ${checkpoint}: --run ${run} has none yet`);
    }
  }
  const folder = model ?? runPaths(run).export;
  if (!await exists(folder)) throw await noModel(place, folder);
  const hasWeights = await firstOf(folder, WEIGHT_FILES) !== undefined;
  const onnxFile = await firstOf(folder, ONNX_FILES);
  if (engine === "wasm" || (engine === undefined && hasWeights)) {
    if (hasWeights) return { folder };
    throw new UsageError(
      `Cannot open the model in ${folder}: --engine wasm needs its model.safetensors; ` +
        `use --engine onnx${onnxFile === undefined ? ", once there is an ONNX file" : ""}`,
    );
  }
  if (onnxFile !== undefined) return { folder, onnxFile };
  throw new UsageError(
    `Cannot open the model in ${folder}: it has no ` +
      (model === undefined
        ? `${ONNX_FILE}; make it with \`deno task export\``
        : "model.safetensors and no ONNX file; name a checkpoint, a Hugging Face folder, or a file " +
          "that ends in .gguf or .onnx"),
  );
}

async function noModel({ run, model }: ModelPlace, folder: string): Promise<UsageError> {
  if (model !== undefined) {
    return new UsageError(
      `Cannot open the model of --model ${model}: there is no folder ${folder}; ` +
        `train one with \`deno task pipeline\``,
    );
  }
  const { settings, checkpoints } = runPaths(run);
  if (await chooseCheckpoint(checkpoints) !== undefined) {
    return new UsageError(
      `Cannot open the model of the run ${run}: there is no folder ${folder}; ` +
        `make it with \`deno task export\``,
    );
  }
  if (!await exists(settings)) return await noRun(run);
  return new UsageError(
    `Cannot open the model of the run ${run}: it has no checkpoint yet; go on with it by ` +
      `\`deno task pipeline --run ${run}\``,
  );
}

/** An ONNX file's folder has its config.json; in an export the file is one folder deeper. */
async function locateFile(
  onnxFile: string,
  engine: EngineName | undefined,
): Promise<LocatedModel> {
  if (engine === "wasm") {
    throw new UsageError(
      `Cannot open --model ${onnxFile} with --engine wasm: leave --engine out, or name a folder ` +
        "with a model.safetensors",
    );
  }
  if (!await exists(onnxFile)) {
    throw new UsageError(`Cannot open --model ${onnxFile}: there is no such file`);
  }
  const folder = dirname(onnxFile);
  const isInside = basename(folder) === "onnx" && !await exists(join(folder, "config.json"));
  return { folder: isInside ? dirname(folder) : folder, onnxFile };
}

/** A GGUF file stands for itself. */
async function locateGguf(
  ggufFile: string,
  engine: EngineName | undefined,
): Promise<LocatedModel> {
  if (engine === "onnx") {
    throw new UsageError(`Cannot open --model ${ggufFile} with --engine onnx: leave --engine out`);
  }
  if (await exists(ggufFile)) return { folder: dirname(ggufFile), ggufFile };
  throw new UsageError(`Cannot open --model ${ggufFile}: there is no such file`);
}

async function firstOf(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const path = join(folder, name);
    if (await exists(path)) return path;
  }
  return undefined;
}
