/**
 * The groups of low-rank adapters: A and B of each adapted matrix are groups of their own.
 *
 * @module
 */
import type { Layout } from "../model/layout.ts";
import { createAdapterLayout, type LoraConfig } from "../model/lora.ts";
import type { Groups, ParameterGroup } from "./groups.ts";

/** The adapter of some rows of a group. */
export interface AdapterPair {
  /** `[r, in]` */
  readonly a: ParameterGroup;
  /** `[out, r]` */
  readonly b: ParameterGroup;
  /** First of its rows in the group. */
  readonly row: number;
}

/** The groups of an adapter, numbered after those of the model. */
export interface Adapters {
  readonly all: readonly ParameterGroup[];
  /** By the index of the adapted group. */
  readonly of: ReadonlyMap<number, readonly AdapterPair[]>;
}

/** Derives the groups of an adapter; their offsets are from the start of the adapter's area. */
export function createAdapters(lora: LoraConfig, layout: Layout, groups: Groups): Adapters {
  const all: ParameterGroup[] = [];
  const of = new Map<number, AdapterPair[]>();
  for (const { base, a, b } of createAdapterLayout(layout, lora).matrices) {
    const group = groups.all.findLast(({ offset }) => offset <= base.offset) as ParameterGroup;
    const add = ({ shape, offset, layer }: typeof a): ParameterGroup => {
      const [rows, cols] = shape as [number, number];
      const index = groups.all.length + all.length;
      const { name } = group;
      const added = { index, name, layer, offset, rows, cols, packed: true, decayed: true };
      all.push(added);
      return added;
    };
    const row = (base.offset - group.offset) / group.cols;
    of.set(group.index, [...of.get(group.index) ?? [], { a: add(a), b: add(b), row }]);
  }
  return { all, of };
}

/** Floats of scratch that adapters take in a worker's area. */
export function adapterScratch(
  { rank }: LoraConfig,
  { n, all }: { n: number; all: readonly ParameterGroup[] },
): { hidden: number; rank: number; staged: number } {
  return { hidden: n * rank, rank, staged: Math.max(...all.map(({ rows, cols }) => rows * cols)) };
}
