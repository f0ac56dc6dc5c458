/**
 * The curves of a run, thinned so that the longest fits in one message.
 *
 * @module
 */

/** Figures drawn over the steps. */
export const CURVES = [
  "loss",
  "learningRate",
  "gradNorm",
  "tokensPerSecond",
  "dataMs",
  "forwardBackwardMs",
  "updateMs",
  "validationMs",
] as const;

type Curve = typeof CURVES[number];

/** One line of metrics.jsonl, as far as the dashboard looks at it; null: not finite. */
export type StepRecord =
  & {
    readonly step: number;
    readonly validationLoss?: number | null;
    readonly validationBitsPerByte?: number | null;
  }
  & { readonly [name in Curve]?: number | null };

/** Columns of equal length, and the validations in columns of their own. */
export interface Curves extends Readonly<Record<Curve, readonly (number | null)[]>> {
  /** The last step of each point. */
  readonly steps: readonly number[];
  readonly validationSteps: readonly number[];
  readonly validationLoss: readonly number[];
}

/** Most points of a curve; when it is full, neighbours are averaged. */
const MAX_POINTS = 2048;

/**
 * Takes the records of a run in and gives its curves out.
 *
 * @example
 * ```ts
 * import { History } from "./history.ts";
 * const history = new History();
 * history.add({ step: 1, loss: 8, validationLoss: 7.5 });
 * console.assert(history.curves().loss[0] === 8);
 * ```
 */
export class History {
  #points: StepRecord[] = [];
  #pending: StepRecord[] = [];
  #stepsPerPoint = 1;
  readonly #validations: { step: number; loss: number }[] = [];

  /** Takes the next step in. */
  add(record: StepRecord): void {
    const { step, validationLoss } = record;
    if (typeof validationLoss === "number") this.#validations.push({ step, loss: validationLoss });
    this.#pending.push(record);
    if (this.#pending.length < this.#stepsPerPoint) return;
    this.#points.push(meanOf(this.#pending));
    this.#pending = [];
    if (this.#points.length < MAX_POINTS) return;
    const pairs = Array.from(
      { length: MAX_POINTS / 2 },
      (_, i) => this.#points.slice(2 * i, 2 * i + 2),
    );
    this.#points = pairs.map(meanOf);
    this.#stepsPerPoint *= 2;
  }

  /** The curves so far; the last step is always there. */
  curves(): Curves {
    const points = this.#pending.length > 0
      ? [...this.#points, meanOf(this.#pending)]
      : this.#points;
    const column = (name: Curve) => points.map((point) => point[name] ?? null);
    const columns = CURVES.map((name) => [name, column(name)] as const);
    return {
      steps: points.map(({ step }) => step),
      // Every name is there.
      ...Object.fromEntries(columns) as Record<Curve, (number | null)[]>,
      validationSteps: this.#validations.map(({ step }) => step),
      validationLoss: this.#validations.map(({ loss }) => loss),
    };
  }
}

/** Means of what is finite, at the last step. */
function meanOf(records: readonly StepRecord[]): StepRecord {
  const last = records.at(-1) as StepRecord;
  if (records.length === 1) return last;
  const means = CURVES.map((name) => {
    const values = records.map((record) => record[name]).filter((value) =>
      typeof value === "number"
    );
    const mean = values.length === 0
      ? null
      : values.reduce((sum, value) => sum + value, 0) / values.length;
    return [name, mean] as const;
  });
  return { step: last.step, ...Object.fromEntries(means) };
}
