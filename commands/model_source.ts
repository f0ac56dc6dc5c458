/**
 * Finds the model a command is about: a run folder, a checkpoint or an export folder.
 *
 * @module
 */
import { join } from "node:path";
import { latestCheckpoint, readModelConfig } from "../model/checkpoint/mod.ts";
import { parseTokenizer, type Tokenizer } from "../stages/tokenize/mod.ts";
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
  if (!await exists(onnx)) {
    throw new UsageError(
      `Cannot open the model in ${folder}: it has no ${ONNX_FILE}; ` +
        `train one with \`deno task pipeline --run ${run}\` or export one with \`deno task export\``,
    );
  }
  const tokenizerPath = join(folder, "tokenizer.json");
  const codec = parseTokenizer(await Deno.readTextFile(tokenizerPath), { source: tokenizerPath });
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
  const found = checkpoint ?? await latestCheckpoint(runPaths(run).checkpoints);
  if (found === undefined) {
    throw new UsageError(`Cannot find a checkpoint in ${run}: it has none yet`);
  }
  return found;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}
