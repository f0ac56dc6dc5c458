/**
 * The export folder: config.json, tokenizer files and the model, as transformers.js lays it out;
 * `generate` and `serve` run the ONNX file in it.
 *
 * @module
 */
import { dirname, join } from "node:path";
import type { ModelConfig } from "../../model/config.ts";
import { formatConfig } from "../../model/config_json.ts";
import { createLayout } from "../../model/layout.ts";
import {
  formatStopIds,
  initFromFolder,
  readModelConfig,
  readStopIds,
  readTemplateFiles,
} from "../../model/checkpoint/mod.ts";
import { readIfThere, replaceFile } from "../../model/durable.ts";
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportFormatName,
  type ExportSource,
} from "./format.ts";
import { compare, type Parity } from "./parity.ts";
import { copyPrompts } from "../prompts.ts";

/** Small files that are copied unchanged. */
const COMPANIONS = ["generation_config.json", "tokenizer.json", "tokenizer_config.json"];

/** Result of an export. */
export interface Exported {
  readonly config: ModelConfig;
  /** The file with the weights. */
  readonly path: string;
  readonly bytes: number;
  readonly parity: Parity;
}

/** Source, target and format of an export. */
export interface ExportFolderOptions {
  readonly from: string;
  readonly to: string;
  readonly format?: ExportFormatName;
}

/**
 * Exports the checkpoint `from`, or any Hugging Face Llama folder, to the folder `to`, and reads the
 * file back to check that it predicts as the checkpoint does.
 *
 * @throws {Error} when it does not; the file is then removed
 */
export async function exportFolder(options: ExportFolderOptions): Promise<Exported> {
  const { from, format = "onnx" } = options;
  const { tolerance, reread }: ExportFormat = EXPORT_FORMATS[format];
  const { path, source } = await writeFolder(options);
  const parity = await compare(await reread(path, source), source);
  // Rounding alone can make a perfect file look a millionth worse.
  if (!(parity.perplexityRatio <= tolerance + 1e-6)) {
    await Deno.remove(path);
    throw new Error(
      `Cannot export ${from} as ${format}: read back, its perplexity is ` +
        `${
          parity.perplexityRatio.toFixed(4)
        } times that of the checkpoint, more than ${tolerance}; ` +
        `the file was removed`,
    );
  }
  return { config: source.config, path, bytes: (await Deno.stat(path)).size, parity };
}

/** Like {@linkcode exportFolder}, without the check. */
export async function writeFolder(
  { from, to, format = "onnx" }: ExportFolderOptions,
): Promise<{ path: string; source: ExportSource }> {
  const { file, torchDtype, write }: ExportFormat = EXPORT_FORMATS[format];
  const config = await readModelConfig(from);
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  await initFromFolder(from, { layout, parameters });
  const tokenizerJson = await readIfThere(join(from, "tokenizer.json"));
  const path = join(to, file);
  await Deno.mkdir(dirname(path), { recursive: true });
  // One folder may hold several formats; dtype is stated only where the weights have it.
  const eosTokenId = formatStopIds(config.eos_token_id, [...await readStopIds(from)]);
  await replaceFile(join(to, "config.json"), formatConfig(config, { torchDtype, eosTokenId }));
  for (const name of COMPANIONS) {
    const text = await readIfThere(join(from, name));
    // A third-party folder may lack a tokenizer; the model itself is complete without it.
    if (text !== undefined) await replaceFile(join(to, name), text);
  }
  for (const [file, text] of Object.entries(await readTemplateFiles(from))) {
    await Deno.mkdir(dirname(join(to, file)), { recursive: true });
    await replaceFile(join(to, file), text);
  }
  await copyPrompts(from, to);
  const source = { from, config, layout, parameters, tokenizerJson };
  await write(path, source);
  return { path, source };
}
