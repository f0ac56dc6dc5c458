/**
 * Finds the files of a model: in a run, in a folder, or beside an ONNX file.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { exists } from "../model/durable.ts";
import { type CheckpointWish, chooseCheckpoint } from "./choose_checkpoint.ts";
import { ONNX_FILE } from "./export/folder.ts";
import { UsageError } from "../cli/flags.ts";
import { noRun } from "./open.ts";
import { runPaths } from "./folder.ts";

/** What can run a model. */
export const ENGINES = ["wasm", "onnx"] as const;

/** A name in {@linkcode ENGINES}. */
export type EngineName = typeof ENGINES[number];

/** Where exports have their ONNX file: ours and transformers.js's, and those of other tools. */
const ONNX_FILES = [ONNX_FILE, "model.onnx"];
/** Where weights for our kernels lie. */
const WEIGHT_FILES = ["model.safetensors", "model.safetensors.index.json"];

/** What the flags of a command say of a model. */
export interface ModelPlace {
  readonly run: string;
  /** A folder, or an ONNX file. */
  readonly model?: string | undefined;
  readonly engine?: EngineName | undefined;
  /** Of the run; the best unless stated. */
  readonly checkpoint?: CheckpointWish | undefined;
}

/** A model's folder, and its ONNX file where that is to be run. */
export interface LocatedModel {
  readonly folder: string;
  readonly onnxFile?: string;
  /** Which checkpoint of a run it is, and why, where it is one. */
  readonly chosen?: string;
}

/**
 * Finds the model that a command is about: a checkpoint of the run, its export, or what is named.
 *
 * @throws {UsageError} saying which file or folder is missing
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
    `Cannot open the model in ${folder}: it has no ${ONNX_FILE}; make it with \`deno task export\``,
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

/** An ONNX file's folder has its config.json; an export keeps the file a folder further down. */
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

async function firstOf(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const path = join(folder, name);
    if (await exists(path)) return path;
  }
  return undefined;
}
