/**
 * A worker: takes leaf spheres in order, runs them, then its share of the update. Everything but
 * the first message goes through shared memory.
 *
 * @module
 */
import { instantiateKernels } from "../kernels/mod.ts";
import { backward } from "./backward.ts";
import {
  Command,
  LeafResult,
  PoisonedError,
  publish,
  StepParameter,
  TREE_WORDS,
  waitFor,
  Word,
} from "./control_words.ts";
import { forward } from "./forward.ts";
import { head } from "./head.ts";
import { createLeafContext, type LeafContext } from "./leaf_context.ts";
import type { StartMessage, WorkerMessage } from "./messages.ts";
import { PROFILED, profileKernels } from "./profile.ts";
import type { Turn } from "./reduction.ts";
import { leafRows } from "./topology.ts";
import { packWeights, update } from "./update.ts";

const scope = self as typeof self & { postMessage(message: WorkerMessage): void };

scope.addEventListener("message", ({ data }: MessageEvent<StartMessage>) => {
  const { worker, plan, module, memory, wide } = data;
  const bare = instantiateKernels(module, memory, wide ? plan.areas[worker]?.wideTile : 0);
  const kernels = plan.dims.profile
    ? profileKernels(
      bare,
      new Float64Array(memory.buffer, plan.profile + worker * PROFILED.length * 8, PROFILED.length),
    )
    : bare;
  const context = createLeafContext({ plan, worker, kernels, memory });
  scope.postMessage({ kind: "ready", worker });
  new Sphere(context, worker).run();
  scope.close();
}, { once: true });

/** The main loop of one worker. */
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

  /** Obeys commands until told to stop or until any sphere fails. */
  run(): void {
    const { words } = this.#context;
    try {
      for (let generation = 1;; generation++) {
        waitFor(words, Word.generation, generation);
        const command = Atomics.load(words, Word.command);
        if (command === Command.stop) return;
        this.#obey(command, generation);
        if (Atomics.add(words, Word.arrivals, 1) + 1 === this.#context.plan.areas.length) {
          publish(words, Word.commandDone, generation);
        }
      }
    } catch (cause) {
      // The sphere that poisoned the step has told the root why; the others only leave.
      if (cause instanceof PoisonedError) return;
      Atomics.store(words, Word.poison, 1);
      scope.postMessage({ kind: "failed", worker: this.#worker, leaf: this.#leaf, cause });
    }
  }

  #obey(command: number, generation: number): void {
    switch (command) {
      case Command.train:
        this.#takeLeaves({ train: true, generation });
        // Every leaf must be reduced before any segment is summed.
        waitFor(this.#context.words, Word.leavesDone, generation);
        update(this.#context, { generation, worker: this.#worker });
        return;
      case Command.evaluate:
        this.#takeLeaves({ train: false, generation });
        return;
      case Command.pack:
        packWeights(this.#context);
        return;
      default:
        throw new RangeError(`Cannot obey command ${command}: there is no such command`);
    }
  }

  #takeLeaves({ train, generation }: { train: boolean; generation: number }): void {
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
      this.#report(leaf, generation);
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
  #report(leaf: number, generation: number): void {
    const { words, plan } = this.#context;
    const { controls, parentOfLeaf } = plan.dims.topology;
    let control = controls[parentOfLeaf[leaf] as number];
    while (control) {
      const reported = Atomics.add(words, TREE_WORDS + control.index, 1) + 1;
      if (reported < control.children) return;
      if (control.parent === undefined) publish(words, Word.leavesDone, generation);
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
