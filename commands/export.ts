/**
 * `export`: a checkpoint as ONNX with its tokenizer.
 *
 * @module
 */
import { join } from "node:path";
import type { Command } from "./command.ts";
import { exportFolder, ONNX_FILE } from "./export_run.ts";
import { parseFlags, text, UsageError } from "./flags.ts";
import { findCheckpoint, readNamedConfig } from "./model_source.ts";
import { runPaths } from "./run_folder.ts";

const FLAGS = {
  run: text({ help: "run folder", value: "DIR", defaultValue: "runs/default" }),
  checkpoint: text({
    help: "checkpoint or Hugging Face Llama folder (default: the run's newest checkpoint)",
    value: "DIR",
    defaultValue: undefined,
  }),
  output: text({
    help: "folder to write (default: export/ of the run)",
    value: "DIR",
    defaultValue: undefined,
  }),
};

/** The `export` command. */
export const exportModel: Command = {
  name: "export",
  summary: "Writes a checkpoint as ONNX, with its tokenizer, as transformers.js lays a model out.",
  operands: "",
  flags: FLAGS,
  async run(args) {
    const { values: { run, checkpoint, output }, operands } = parseFlags(args, { flags: FLAGS });
    if (operands.length > 0) throw new UsageError(`Cannot export ${operands[0]}: use --checkpoint`);
    const from = await findCheckpoint({ run, checkpoint });
    await readNamedConfig(from, { flag: "--checkpoint" });
    const to = output ?? runPaths(run).export;
    await exportFolder({ from, to });
    console.log(`Exported ${from} to ${join(to, ONNX_FILE)}`);
    return 0;
  },
};
