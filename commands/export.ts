/**
 * `export`: a checkpoint in a form that other programs run.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { CHECKPOINT_VALUE, readWish } from "../run/choose_checkpoint.ts";
import { type Command, command } from "../cli/command.ts";
import { EXPORT_FORMATS, type ExportFormatName } from "../run/export/format.ts";
import { exportFolder } from "../run/export/folder.ts";
import { choice, group, text, UsageError } from "../cli/flags.ts";
import { findCheckpoint } from "../run/model_source.ts";
import { makeFolder } from "../run/make_folder.ts";
import { readNamedConfig } from "../run/named_model.ts";
import { RUN_FLAG, runOrOther } from "../run/open.ts";
import { runPaths } from "../run/folder.ts";
import { say } from "../cli/print.ts";

const FORMATS = Object.keys(EXPORT_FORMATS) as ExportFormatName[];

const FLAGS = {
  ...RUN_FLAG,
  ...group("Model", {
    checkpoint: text({
      help: "which checkpoint of the run (best on held-out documents, latest, or a step's), or " +
        "another Hugging Face Llama folder (default: best, or latest without validation)",
      value: `${CHECKPOINT_VALUE}|DIR`,
    }),
  }),
  ...group("Output", {
    format: choice({ help: "what to write", of: FORMATS, defaultValue: "onnx" }),
    output: text({
      help: "output folder (default: export/ of the run, with one folder per safetensors format)",
      value: "DIR",
    }),
  }),
};

/** The `export` command. */
export const exportModel: Command = command({
  name: "export",
  summary:
    "Writes a checkpoint, with its tokenizer, for other programs: ONNX as transformers.js lays\n" +
    "a model out, safetensors for Hugging Face transformers, GGUF for llama.cpp. Each file is read\n" +
    "back and must predict as the checkpoint does.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    "deno task export",
    "deno task export runs/mine --format gguf --output mine/",
  ],
  async run({ values, operands }) {
    const { format, checkpoint, output } = values;
    const wish = checkpoint === undefined ? undefined : readWish(checkpoint);
    const folderGiven = wish === undefined ? checkpoint : undefined;
    const other = ["--checkpoint", folderGiven] as const;
    const run = runOrOther(operands, { command: "export", run: values.run, other });
    const chosen = folderGiven === undefined ? await findCheckpoint({ run, wish }) : undefined;
    const from = chosen?.folder ?? folderGiven ?? "";
    await readNamedConfig(from, { flag: "--checkpoint" });
    const folder = runPaths(run).export;
    // Weights of another dtype go with a config.json of their own.
    const to = output ?? (format.startsWith("safetensors") ? join(folder, format) : folder);
    if (resolve(to) === resolve(from)) {
      throw new UsageError(`Cannot export to --output ${to}: it is the folder to export from`);
    }
    await makeFolder(to, { flag: "output" });
    const { path, bytes, parity } = await exportFolder({ from, to, format });
    say(`Exported ${from} to ${path}, ${(bytes / 1e6).toFixed(1)} MB`);
    if (chosen) say(`Used ${chosen.line}`);
    say(
      `Read back: perplexity ${parity.perplexityRatio.toFixed(6)} times the checkpoint's, ` +
        `same likeliest token at ${(100 * parity.agreement).toFixed(1)} % of places`,
    );
    return 0;
  },
});
