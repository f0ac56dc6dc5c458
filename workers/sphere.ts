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
  decide,
  Fate,
  MicrobatchResult,
  StepParameter,
  TREE_WORDS,
  Word,
} from "./control_words.ts";
import { forward } from "./forward.ts";
import { head } from "./head.ts";
import { createMicrobatchContext, type MicrobatchContext } from "./microbatch_context.ts";
import type { MemoryPlan } from "./memory_plan.ts";
import { PoisonedError, publish, waitFor } from "./pool_words.ts";
import { joinPool } from "./pool_worker.ts";
import { PROFILED, profileKernels } from "./profile.ts";
import type { Turn } from "./reduction.ts";
import { type ControlSphere, microbatchRows } from "./topology.ts";
import { packWeights, update } from "./update.ts";

/** Root to worker, once. */
export interface SphereStart {
  readonly worker: number;
  readonly plan: MemoryPlan;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly farMemory: WebAssembly.Memory;
  /** Whether products take the 256-bit tile. */
  readonly simd256: boolean;
}

joinPool(({ worker, plan, module, memory, farMemory, simd256 }: SphereStart) => {
  const bare = instantiateKernels(module, memory, simd256 ? plan.areas[worker]?.simd256Tile : 0);
  const kernels = plan.dims.profile
    ? profileKernels(
      bare,
      new Float64Array(memory.buffer, plan.profile + worker * PROFILED.length * 8, PROFILED.length),
    )
    : bare;
  const context = createMicrobatchContext({ plan, worker, kernels, memory, farMemory });
  const sphere = new Sphere(context, worker);
  return {
    words: context.words,
    workers: plan.areas.length,
    work: (round) => sphere.obey(round),
    task: () => sphere.task,
  };
});

/** One worker's behaviour in a round. */
class Sphere {
  readonly #context: MicrobatchContext;
  readonly #worker: number;
  readonly #results: Float64Array;
  #microbatch: number | undefined;

  constructor(context: MicrobatchContext, worker: number) {
    this.#context = context;
    this.#worker = worker;
    const { plan, words } = context;
    this.#results = new Float64Array(
      words.buffer,
      plan.microbatchResults,
      plan.dims.topology.leaves * MicrobatchResult.width,
    );
  }

  /** The current leaf sphere; undefined outside the microbatch phase. */
  get task(): string | undefined {
    return this.#microbatch === undefined ? undefined : `leaf sphere ${this.#microbatch}`;
  }

  /** Runs the current command. */
  obey(round: number): void {
    const command = Atomics.load(this.#context.words, Word.command);
    switch (command) {
      case Command.train:
        this.#takeMicrobatches({ train: true, round });
        // Every microbatch must be reduced before any segment is summed.
        waitFor(this.#context.words, Word.microbatchesDone, round);
        if (decide(this.#context.words, Fate.updates) === Fate.abandoned) {
          throw new PoisonedError("Cannot go on: the step is abandoned");
        }
        update(this.#context, { round, worker: this.#worker });
        return;
      case Command.evaluate:
        this.#takeMicrobatches({ train: false, round });
        return;
      case Command.pack:
        packWeights(this.#context);
        return;
      default:
        throw new RangeError(`Cannot run command ${command}: there is no such command`);
    }
  }

  #takeMicrobatches({ train, round }: { train: boolean; round: number }): void {
    const { plan, words } = this.#context;
    const { leaves } = plan.dims.topology;
    const rows = Atomics.load(words, Word.rows);
    const segmented = Atomics.load(words, Word.segmented) === 1;
    for (;;) {
      const microbatch = Atomics.add(words, Word.nextMicrobatch, 1);
      if (microbatch >= leaves) break;
      this.#microbatch = microbatch;
      const [first, end] = microbatchRows({ microbatch, leaves, rows });
      const result = this.#results.subarray(microbatch * MicrobatchResult.width);
      result.fill(0, 0, MicrobatchResult.width);
      result[MicrobatchResult.worker] = this.#worker;
      if (first < end) {
        this.#runMicrobatch({ first, end, segmented, train, microbatch, rows, result });
      }
      this.#report(microbatch, round);
      this.#microbatch = undefined;
    }
  }

  #runMicrobatch({ first, end, segmented, train, microbatch, rows, result }: {
    first: number;
    end: number;
    segmented: boolean;
    train: boolean;
    microbatch: number;
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
      const turn: Turn = {
        order: microbatchOrder({ microbatch, leaves, rows }),
        waitMs: 0,
        bytesReduced: 0,
      };
      backward(context, { slice, turn });
      waitMs = turn.waitMs;
      result[MicrobatchResult.loss] = loss;
      result[MicrobatchResult.tokens] = tokens;
      result[MicrobatchResult.bytesReduced] = turn.bytesReduced;
    } else {
      const { loss, tokens } = head(context, { slice });
      result[MicrobatchResult.loss] = loss;
      result[MicrobatchResult.tokens] = tokens;
    }
    result[MicrobatchResult.waitMs] = waitMs;
    result[MicrobatchResult.computeMs] = performance.now() - start - waitMs;
  }

  /** Reports to the parent control sphere; the last child of each reports further up to the root. */
  #report(microbatch: number, round: number): void {
    const { words, plan } = this.#context;
    const { controls, parentOfLeaf } = plan.dims.topology;
    let control: ControlSphere | undefined = controls[parentOfLeaf[microbatch] as number];
    while (control) {
      const reported = Atomics.add(words, TREE_WORDS + control.index, 1) + 1;
      if (reported < control.children) return;
      if (control.parent === undefined) publish(words, Word.microbatchesDone, round);
      control = control.parent === undefined ? undefined : controls[control.parent];
    }
  }
}

/** Position of a microbatch among those that have rows. */
function microbatchOrder(
  { microbatch, leaves, rows }: { microbatch: number; leaves: number; rows: number },
): number {
  let order = 0;
  for (let before = 0; before < microbatch; before++) {
    const [first, end] = microbatchRows({ microbatch: before, leaves, rows });
    if (first < end) order++;
  }
  return order;
}
