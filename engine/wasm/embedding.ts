/**
 * The embedding of a text: its hidden states after the last norm, pooled and of length 1.
 *
 * @module
 */
import type { Pooling } from "../engine.ts";
import type { Plan } from "./plan.ts";

/** Rows of a pass that belong to a text. */
export interface StateRows {
  readonly row: number;
  readonly rows: number;
}

/** Pools the states of one text, pass by pass. */
export class PooledStates {
  readonly #pooling: Pooling;
  readonly #plan: Plan;
  /** Their sum in f64, or the last one. `[D]` */
  readonly #sum: Float64Array;

  constructor(pooling: Pooling, plan: Plan) {
    this.#pooling = pooling;
    this.#plan = plan;
    this.#sum = new Float64Array(plan.config.hidden_size);
  }

  /** Takes the states of a pass that has just been made. */
  add(memory: WebAssembly.Memory, { row, rows }: StateRows): void {
    const { config: { hidden_size: D, rms_norm_eps: eps }, x, weights: { finalNorm } } = this.#plan;
    const weight = new Float32Array(memory.buffer, finalNorm.address, D);
    const first = this.#pooling === "last" ? row + rows - 1 : row;
    if (this.#pooling === "last") this.#sum.fill(0);
    for (let at = first; at < row + rows; at++) {
      const state = new Float32Array(memory.buffer, x + at * D * 4, D);
      let squares = 0;
      for (const value of state) squares += value * value;
      const scale = 1 / Math.sqrt(squares / D + eps);
      for (let i = 0; i < D; i++) {
        this.#sum[i] = (this.#sum[i] as number) + (state[i] as number) * scale *
            (weight[i] as number);
      }
    }
  }

  /** What they come to. Its length makes no difference to the mean. */
  get embedding(): Float32Array<ArrayBuffer> {
    const length = Math.hypot(...this.#sum);
    return Float32Array.from(this.#sum, (value) => length > 0 ? value / length : 0);
  }
}
