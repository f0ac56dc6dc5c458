/**
 * Finds the model a command is about: a run folder, a checkpoint or an export folder.
 *
 * @module
 */
import { join } from "node:path";
import { latestCheckpoint, readModelConfig } from "../model/checkpoint/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { exists } from "../model/durable.ts";
import { readTokenizer, type Tokenizer } from "../stages/tokenize/mod.ts";
import { type Engine, openOnnxEngine } from "../serve/mod.ts";
import { ONNX_FILE } from "./export_run.ts";
import { type Flag, text, UsageError } from "./flags.ts";
import { runPaths } from "./run_folder.ts";

/** Flags that name a model. */
export const MODEL_FLAGS: { run: Flag<string>; model: Flag<string | undefined> } = {
  run: text({ help: "run folder", value: "DIR", defaultValue: "runs/default" }),
  model: text({
    help: "folder of an exported model (default: export/ of the run)",
    value: "DIR",
    defaultValue: undefined,
  }),
};

/** A model ready to generate. */
export interface OpenModel {
  readonly engine: Engine;
  readonly codec: Tokenizer;
  readonly name: string;
}

/** Opens the exported model that the flags name. */
export async function openModel(
  { run, model }: { run: string; model: string | undefined },
  { threads }: { threads: number },
): Promise<OpenModel> {
  const folder = model ?? runPaths(run).export;
  const onnx = join(folder, ONNX_FILE);
  if (!await exists(folder)) {
    const flag = model === undefined ? `--run ${run}` : `--model ${model}`;
    throw new UsageError(
      `Cannot open the model of ${flag}: there is no folder ${folder}; ` +
        `train one with \`deno task pipeline\``,
    );
  }
  if (!await exists(onnx)) {
    throw new UsageError(
      `Cannot open the model in ${folder}: it has no ${ONNX_FILE}; ` +
        `make it with \`deno task export\``,
    );
  }
  const tokenizerPath = join(folder, "tokenizer.json");
  if (!await exists(tokenizerPath)) {
    throw new UsageError(`Cannot open the model in ${folder}: it has no tokenizer.json`);
  }
  const { tokenizer: codec } = await readTokenizer(tokenizerPath);
  const config = await readModelConfig(folder);
  if (config.vocab_size !== codec.vocabSize) {
    throw new TypeError(
      `Cannot open the model in ${folder}: its vocabulary has ${config.vocab_size} entries and ` +
        `its tokenizer ${codec.vocabSize}`,
    );
  }
  const engine = await openOnnxEngine({ model: onnx, config, threads });
  return { engine, codec, name: "cllm" };
}

/** The newest checkpoint of a run, or the folder given. */
export async function findCheckpoint(
  { run, checkpoint }: { run: string; checkpoint: string | undefined },
): Promise<string> {
  if (checkpoint === undefined && !await exists(run)) {
    throw new UsageError(
      `Cannot open --run ${run}: there is no such folder; make it with \`deno task pipeline\``,
    );
  }
  const found = checkpoint ?? await latestCheckpoint(runPaths(run).checkpoints);
  if (found === undefined) {
    throw new UsageError(
      `Cannot find a checkpoint in --run ${run}: it has none yet; ` +
        `go on with \`deno task pipeline --run ${run}\``,
    );
  }
  return found;
}

/**
 * The configuration of the model in a folder that the user named by `flag`.
 *
 * @throws {UsageError} when the folder or its config.json is missing
 */
export async function readNamedConfig(
  folder: string,
  { flag }: { flag: string },
): Promise<ModelConfig> {
  for (const path of [folder, join(folder, "config.json")]) {
    if (await exists(path)) continue;
    const reason = path === folder ? "there is no such folder" : "it has no config.json";
    throw new UsageError(`Cannot open ${flag} ${folder}: ${reason}`);
  }
  return await readModelConfig(folder);
}

/**
 * Checks that a new run can begin with the model in `folder`.
 *
 * @throws {UsageError} when it lacks its configuration or tokenizer
 */
export async function checkInit(folder: string): Promise<void> {
  await readNamedConfig(folder, { flag: "--init" });
  if (!await exists(join(folder, "tokenizer.json"))) {
    throw new UsageError(`Cannot open --init ${folder}: it has no tokenizer.json`);
  }
}
