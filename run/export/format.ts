/**
 * The formats of exported checkpoints.
 *
 * @module
 */
import { join } from "node:path";
import type { ModelConfig } from "../../model/config.ts";
import type { Layout } from "../../model/layout.ts";
import { type GgufType, readGguf, writeGguf } from "../../model/gguf/mod.ts";
import { type Precision, writeOnnx } from "../../model/onnx/mod.ts";
import { type FloatDtype, openWeights, writeSafetensors } from "../../model/safetensors/mod.ts";
import { openOnnxEngine, readTemplateSource } from "../../engine/mod.ts";

import { parseTokenizer } from "../../tokenizer/mod.ts";
import { ONNX_FILE } from "../folder.ts";
import type { Reread } from "./parity.ts";

/** A model to export. */
export interface ExportSource {
  /** Folder of the model. */
  readonly from: string;
  readonly config: ModelConfig;
  readonly layout: Layout;
  readonly parameters: Float32Array;
  /** Text of tokenizer.json, where the model has one. */
  readonly tokenizerJson: string | undefined;
}

/** One export format. */
export interface ExportFormat {
  /** Path of its file, relative to the export folder. */
  readonly file: string;
  /**
   * Largest factor by which the file's perplexity may exceed that of the original weights.
   */
  readonly tolerance: number;
  /** dtype in config.json, for formats that have a config.json. */
  readonly torchDtype?: string;
  /** Writes the file to `path`, whole or not at all. */
  write(path: string, source: ExportSource): Promise<void>;
  /** Reads the written file back. */
  reread(path: string, source: ExportSource): Promise<Reread>;
}

function onnx(file: string, precision: Precision, tolerance: number): ExportFormat {
  return {
    file,
    tolerance,
    write: (path, source) => writeOnnx(path, { ...source, precision }),
    reread: async (path, { config }) => ({ engine: await openOnnxEngine({ model: path, config }) }),
  };
}

function safetensors(dtype: FloatDtype, torchDtype: string, tolerance: number): ExportFormat {
  return {
    file: "model.safetensors",
    tolerance,
    torchDtype,
    async write(path, { layout, parameters }) {
      const tensors = layout.parameters.map(({ name, shape, offset, size }) => ({
        name,
        shape,
        data: parameters.subarray(offset, offset + size),
      }));
      await writeSafetensors(path, { tensors, dtype });
    },
    async reread(path, { layout }) {
      const parameters = new Float32Array(layout.length);
      using file = await openWeights(join(path, ".."));
      for (const { name, offset, size } of layout.parameters) {
        file.readInto(name, parameters.subarray(offset, offset + size));
      }
      return { parameters };
    },
  };
}

function gguf(type: GgufType, tolerance: number): ExportFormat {
  return {
    file: `model-${type}.gguf`,
    tolerance,
    async write(path, { from, tokenizerJson, ...source }) {
      if (tokenizerJson === undefined) {
        throw new Error("Cannot export to GGUF: the model has no tokenizer.json, which goes in it");
      }
      const { parts } = parseTokenizer(tokenizerJson, { source: "tokenizer.json" });
      const found = await readTemplateSource(from);
      const namedTemplates = Object.fromEntries(
        (found?.others ?? []).map(({ name, template }) => [name, template]),
      );
      const chatTemplate = found?.source;
      const { split = "gpt2", prefix } = parts;
      await writeGguf(path, {
        ...source,
        tokenizerJson,
        split,
        prefix,
        chatTemplate,
        namedTemplates,
        type,
      });
    },
    async reread(path, { config, layout }) {
      const parameters = new Float32Array(layout.length);
      await readGguf(path, { config, layout, parameters });
      return { parameters };
    },
  };
}

/** Every format by its name on the command line. */
export const EXPORT_FORMATS = {
  "onnx": onnx(ONNX_FILE, "float32", 1.0001),
  "onnx-int8": onnx("onnx/model_quantized.onnx", "int8", 1.02),
  "safetensors": safetensors("F32", "float32", 1),
  "safetensors-f16": safetensors("F16", "float16", 1.001),
  "safetensors-bf16": safetensors("BF16", "bfloat16", 1.01),
  "gguf": gguf("f32", 1),
  "gguf-f16": gguf("f16", 1.001),
  "gguf-q8_0": gguf("q8_0", 1.02),
} satisfies Record<string, ExportFormat>;

/** A key of {@linkcode EXPORT_FORMATS}. */
export type ExportFormatName = keyof typeof EXPORT_FORMATS;
