/**
 * The kissing-sphere tree: at most twelve equal spheres touch one. A control sphere therefore has at
 * most twelve children; more leaf spheres nest under inner control spheres. Leaf i computes microbatch i.
 *
 * @module
 */

/** The kissing number in three dimensions: children a control sphere may have. */
export const KISSING_NUMBER = 12;

/** Default number of logical leaf spheres. */
export const DEFAULT_LEAVES = 12;

/** One sphere of the tree; the root has no parent. */
export interface ControlSphere {
  /** Position in {@linkcode Topology.controls}; the root is 0. */
  readonly index: number;
  /** Position of the sphere that it reports to; undefined for the root. */
  readonly parent: number | undefined;
  /** Spheres that report to this one: 1 to 12 leaves or 1 to 12 control spheres. */
  readonly children: number;
  /** Leaves below it, `[first, end)`. */
  readonly leaves: readonly [first: number, end: number];
}

/** The tree of spheres. */
export interface Topology {
  /** S: logical leaves, numbered in reduction order. */
  readonly leaves: number;
  /** W: workers that run them. */
  readonly workers: number;
  /** Breadth first; the root is `controls[0]`. */
  readonly controls: readonly ControlSphere[];
  /** Control sphere each leaf reports to, `[leaves]`. */
  readonly parentOfLeaf: readonly number[];
}

/**
 * Builds the tree for S leaves run by W workers. The result depends on nothing else; W is capped at
 * S, since more workers would be idle.
 *
 * @throws {RangeError} when either is not a positive integer
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTopology } from "./topology.ts";
 * const { controls } = createTopology({ leaves: 24, workers: 2 });
 * assertEquals(controls.length, 3);
 * assertEquals(controls[1]?.children, 12);
 * ```
 */
export function createTopology(
  { leaves, workers }: { leaves: number; workers: number },
): Topology {
  for (const [flag, value] of Object.entries({ leaves, workers })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(
        `Cannot arrange spheres: --${flag} must be a positive integer, got ${value}`,
      );
    }
  }
  const controls: ControlSphere[] = [];
  const parentOfLeaf = new Array<number>(leaves).fill(0);
  const pending: Pick<ControlSphere, "parent" | "leaves">[] = [
    { parent: undefined, leaves: [0, leaves] },
  ];
  for (let index = 0; index < pending.length; index++) {
    const { parent, leaves: [first, end] } = pending[index] as typeof pending[0];
    const span = end - first;
    if (span <= KISSING_NUMBER) {
      for (let leaf = first; leaf < end; leaf++) parentOfLeaf[leaf] = index;
      controls.push({ index, parent, children: span, leaves: [first, end] });
      continue;
    }
    // Leaves below one child: the smallest power of twelve that needs at most twelve children.
    let below = KISSING_NUMBER;
    while (span > below * KISSING_NUMBER) below *= KISSING_NUMBER;
    const children = Math.ceil(span / below);
    for (let child = 0; child < children; child++) {
      const start = first + child * below;
      pending.push({ parent: index, leaves: [start, Math.min(end, start + below)] });
    }
    controls.push({ index, parent, children, leaves: [first, end] });
  }
  return { leaves, workers: Math.min(workers, leaves), controls, parentOfLeaf };
}

/** Tokens past which the products of one pass gain nothing from more rows. */
const PASS_TOKENS = 384;

/** What a worker runs at once. */
export interface Pass {
  /** Adjacent leaves, and tokens of the largest of them. */
  readonly leaves: number;
  readonly leafTokens: number;
}

/**
 * Several short leaves make one pass, so that the weights are read once for all of them, as long as every
 * worker has some. Never changes a result.
 */
export function passOf(
  { leaves, workers }: Topology,
  { rows, cols }: { rows: number; cols: number },
): Pass {
  const leafRows = Array.from({ length: leaves }, (_, microbatch) => {
    const [first, end] = microbatchRows({ microbatch, leaves, rows });
    return end - first;
  });
  const leafTokens = Math.max(...leafRows) * cols;
  const share = Math.ceil(leaves / workers);
  const passes = Math.ceil(share / Math.max(1, Math.floor(PASS_TOKENS / leafTokens)));
  return { leaves: Math.ceil(share / passes), leafTokens };
}

/** Rows `[first, end)` of the batch in a leaf sphere's microbatch; empty where rows run short. */
export function microbatchRows(
  { microbatch, leaves, rows }: { microbatch: number; leaves: number; rows: number },
): [first: number, end: number] {
  return [Math.floor(microbatch * rows / leaves), Math.floor((microbatch + 1) * rows / leaves)];
}
