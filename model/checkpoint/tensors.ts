/**
 * Copies tensors between files and the areas of model/layout.ts.
 *
 * @module
 */
import type { Layout } from "../layout.ts";
import type { SafetensorsFile, TensorData } from "../safetensors/mod.ts";

/** PyTorch's names of AdamW's moments. */
export const FIRST_MOMENT_PREFIX = "exp_avg.";
/** See {@linkcode FIRST_MOMENT_PREFIX}. */
export const SECOND_MOMENT_PREFIX = "exp_avg_sq.";

/** The tensors of an area `[layout.length]`, as views; `prefix` goes before each name. */
export function* tensorsOf(
  area: Float32Array,
  { layout, prefix = "" }: { layout: Layout; prefix?: string },
): Iterable<TensorData> {
  for (const { name, shape, offset, size } of layout.parameters) {
    yield { name: prefix + name, shape, data: area.subarray(offset, offset + size) };
  }
}

/** Refuses, with a `TypeError`, an area whose length differs from the layout's. */
export function checkArea(
  area: Float32Array,
  { layout, name }: { layout: Layout; name: string },
): void {
  if (area.length !== layout.length) {
    throw new TypeError(
      `Cannot use ${name}: it has ${area.length} floats, the layout ${layout.length}`,
    );
  }
}

/**
 * Refuses a file that lacks a tensor of the layout or has it in another shape.
 *
 * @throws {TypeError} naming the tensor
 */
export function checkTensors(
  file: SafetensorsFile,
  { layout, prefix = "", source }: { layout: Layout; prefix?: string; source: string },
): void {
  for (const { name, shape } of layout.parameters) {
    const stored = file.tensors.get(prefix + name);
    if (!stored) throw new TypeError(`Cannot load ${source}: it has no tensor ${prefix}${name}`);
    if (stored.shape.join() === shape.join()) continue;
    const byToken = name === "model.embed_tokens.weight" || name === "lm_head.weight";
    const hint = byToken && stored.shape[0] !== shape[0]
      ? "vocab_size differs: use the tokenizer it was trained with"
      : "the configurations differ";
    throw new TypeError(
      `Cannot load ${source}: tensor ${prefix}${name} is [${stored.shape}] there ` +
        `and [${shape}] here; ${hint}`,
    );
  }
}

/** Fills an area from a file that has passed {@linkcode checkTensors}. Leaves padding unchanged. */
export function fillArea(
  area: Float32Array,
  { file, layout, prefix = "" }: { file: SafetensorsFile; layout: Layout; prefix?: string },
): void {
  for (const { name, data } of tensorsOf(area, { layout, prefix })) file.readInto(name, data);
}
