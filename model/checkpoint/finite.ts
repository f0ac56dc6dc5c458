/**
 * Checks that weights and moments are finite.
 *
 * @module
 */
import type { Layout } from "../layout.ts";

/** Areas of a checkpoint by name, each `[layout.length]`. */
export interface Areas {
  readonly parameters: Float32Array;
  readonly firstMoment?: Float32Array;
  readonly secondMoment?: Float32Array;
  /** By the prefix of their tensors. */
  readonly areas?: ReadonlyMap<string, Float32Array>;
}

/** Describes values of `areas` that are not finite; undefined when all are. */
export function notFinite(areas: Areas, { layout }: { layout: Layout }): string | undefined {
  const named = [
    ...(["parameters", "firstMoment", "secondMoment"] as const)
      .map((name) => [name, areas[name]] as const),
    ...areas.areas ?? [],
  ];
  for (const [name, area] of named) {
    if (!area) continue;
    for (const { name: tensor, offset, size } of layout.parameters) {
      const at = firstNotFinite(area.subarray(offset, offset + size));
      if (at >= 0) return `${name} of ${tensor} are not finite (${area[offset + at]})`;
    }
  }
  return undefined;
}

function firstNotFinite(values: Float32Array): number {
  // A product with 0 is 0, or NaN where a value is not finite: summing is faster than testing each.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0;
  return sum === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
}
