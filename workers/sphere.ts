/**
 * A worker: takes leaf spheres in order, runs them, then its share of the update. Everything but
 * the first message goes through shared memory.
 *
 * @module
 */
import { instantiateKernels } from "../kernels/mod.ts";
import { backward } from "./backward.ts";
import { Command, LeafResult, StepParameter, TREE_WORDS, Word } from "./control_words.ts";
import { forward } from "./forward.ts";
import { head } from "./head.ts";
import { createLeafContext, type LeafContext } from "./leaf_context.ts";
import type { MemoryPlan } from "./memory_plan.ts";
import { publish, waitFor } from "./pool_words.ts";
import { joinPool } from "./pool_worker.ts";
import { PROFILED, profileKernels } from "./profile.ts";
import type { Turn } from "./reduction.ts";
import { leafRows } from "./topology.ts";
import { packWeights, update } from "./update.ts";

/** Root to worker, once. */
export interface SphereStart {
  readonly worker: number;
  readonly plan: MemoryPlan;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Whether products take the wide tile. */
  readonly wide: boolean;
}

joinPool(({ worker, plan, module, memory, wide }: SphereStart) => {
  const bare = instantiateKernels(module, memory, wide ? plan.areas[worker]?.wideTile : 0);
  const kernels = plan.dims.profile
    ? profileKernels(
      bare,
      new Float64Array(memory.buffer, plan.profile + worker * PROFILED.length * 8, PROFILED.length),
    )
    : bare;
  const context = createLeafContext({ plan, worker, kernels, memory });
  const sphere = new Sphere(context, worker);
  return {
    words: context.words,
    workers: plan.areas.length,
    work: (round) => sphere.obey(round),
    task: () => sphere.task,
  };
});

/** What one worker does in a round. */
class Sphere {
  readonly #context: LeafContext;
  readonly #worker: number;
  readonly #results: Float64Array;
  #leaf: number | undefined;

  constructor(context: LeafContext, worker: number) {
    this.#context = context;
    this.#worker = worker;
    const { plan, words } = context;
    this.#results = new Float64Array(
      words.buffer,
      plan.leafResults,
      plan.dims.topology.leaves * LeafResult.width,
    );
  }

  /** What it is at, outside the leaf phase nothing in particular. */
  get task(): string | undefined {
    return this.#leaf === undefined ? undefined : `leaf sphere ${this.#leaf}`;
  }

  /** Obeys the command in place. */
  obey(round: number): void {
    const command = Atomics.load(this.#context.words, Word.command);
    switch (command) {
      case Command.train:
        this.#takeLeaves({ train: true, round });
        // Every leaf must be reduced before any segment is summed.
        waitFor(this.#context.words, Word.leavesDone, round);
        update(this.#context, { round, worker: this.#worker });
        return;
      case Command.evaluate:
        this.#takeLeaves({ train: false, round });
        return;
      case Command.pack:
        packWeights(this.#context);
        return;
      default:
        throw new RangeError(`Cannot obey command ${command}: there is no such command`);
    }
  }

  #takeLeaves({ train, round }: { train: boolean; round: number }): void {
    const { plan, words } = this.#context;
    const { leaves } = plan.dims.topology;
    const rows = Atomics.load(words, Word.rows);
    const segmented = Atomics.load(words, Word.segmented) === 1;
    for (;;) {
      const leaf = Atomics.add(words, Word.nextLeaf, 1);
      if (leaf >= leaves) break;
      this.#leaf = leaf;
      const [first, end] = leafRows({ leaf, leaves, rows });
      const result = this.#results.subarray(leaf * LeafResult.width);
      result.fill(0, 0, LeafResult.width);
      result[LeafResult.worker] = this.#worker;
      if (first < end) this.#runLeaf({ first, end, segmented, train, leaf, rows, result });
      this.#report(leaf, round);
      this.#leaf = undefined;
    }
  }

  #runLeaf({ first, end, segmented, train, leaf, rows, result }: {
    first: number;
    end: number;
    segmented: boolean;
    train: boolean;
    leaf: number;
    rows: number;
    result: Float64Array;
  }): void {
    const context = this.#context;
    const start = performance.now();
    const slice = { first, end, segmented };
    forward(context, slice);
    let waitMs = 0;
    if (train) {
      const parameters = new Float64Array(context.words.buffer, context.plan.parametersIn, 64);
      const gradientScale = parameters[StepParameter.gradientScale] as number;
      const { loss, tokens } = head(context, { slice, gradientScale });
      const { leaves } = context.plan.dims.topology;
      const turn: Turn = { order: leafOrder({ leaf, leaves, rows }), waitMs: 0, bytesReduced: 0 };
      backward(context, { slice, turn });
      waitMs = turn.waitMs;
      result[LeafResult.loss] = loss;
      result[LeafResult.tokens] = tokens;
      result[LeafResult.bytesReduced] = turn.bytesReduced;
    } else {
      const { loss, tokens } = head(context, { slice });
      result[LeafResult.loss] = loss;
      result[LeafResult.tokens] = tokens;
    }
    result[LeafResult.waitMs] = waitMs;
    result[LeafResult.computeMs] = performance.now() - start - waitMs;
  }

  /** Tells the control sphere above; the last child of each passes the word up to the root. */
  #report(leaf: number, round: number): void {
    const { words, plan } = this.#context;
    const { controls, parentOfLeaf } = plan.dims.topology;
    let control = controls[parentOfLeaf[leaf] as number];
    while (control) {
      const reported = Atomics.add(words, TREE_WORDS + control.index, 1) + 1;
      if (reported < control.children) return;
      if (control.parent === undefined) publish(words, Word.leavesDone, round);
      control = control.parent === undefined ? undefined : controls[control.parent];
    }
  }
}

/** Place of a leaf among those that have rows. */
function leafOrder(
  { leaf, leaves, rows }: { leaf: number; leaves: number; rows: number },
): number {
  let order = 0;
  for (let before = 0; before < leaf; before++) {
    const [first, end] = leafRows({ leaf: before, leaves, rows });
    if (first < end) order++;
  }
  return order;
}
