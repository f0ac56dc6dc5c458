/**
 * The curves of a run, downsampled so that the longest fits in one message.
 *
 * @module
 */

/** Metrics plotted over the steps. */
const CURVES = [
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

/** The fields of a line of metrics.jsonl that the dashboard reads; null: not finite. */
export type StepRecord =
  & {
    readonly step: number;
    readonly totalTokens?: number;
    readonly stepMs?: number;
    readonly validationLoss?: number | null;
    readonly validationBitsPerByte?: number | null;
  }
  & { readonly [name in Curve]?: number | null };

/** A step with the cumulative training time at its end. */
export interface TimedRecord extends StepRecord {
  /** Since the first step, without the time between sessions. */
  readonly elapsedMs: number;
}

/** Columns of equal length, with separate columns for the validations. */
export interface Curves extends Readonly<Record<Curve, readonly (number | null)[]>> {
  /** Number, tokens trained and training time at the last step of each point. */
  readonly steps: readonly number[];
  readonly totalTokens: readonly number[];
  readonly elapsedMs: readonly number[];
  readonly validationSteps: readonly number[];
  readonly validationTokens: readonly number[];
  readonly validationElapsedMs: readonly number[];
  readonly validationLoss: readonly number[];
}

/** Most points of a curve; when it is full, neighbours are averaged. */
const MAX_POINTS = 2048;

/**
 * Turns the records of a run into curves.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { History } from "./history.ts";
 * const history = new History();
 * history.add({ step: 1, loss: 8, validationLoss: 7.5 });
 * assertEquals(history.curves().loss, [8]);
 * ```
 */
export class History {
  #points: TimedRecord[] = [];
  #pending: TimedRecord[] = [];
  #stepsPerPoint = 1;
  #elapsedMs = 0;
  readonly #validations: (TimedRecord & { readonly validationLoss: number })[] = [];

  /** Training time at the end of the last step. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** Adds the next step. */
  add(record: StepRecord): void {
    this.#elapsedMs += spentMs(record);
    const timed = { ...record, elapsedMs: this.#elapsedMs };
    const { validationLoss } = record;
    if (typeof validationLoss === "number") this.#validations.push({ ...timed, validationLoss });
    this.#pending.push(timed);
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

  /** The curves so far, always including the last step. */
  curves(): Curves {
    const points = this.#pending.length > 0
      ? [...this.#points, meanOf(this.#pending)]
      : this.#points;
    const column = (name: Curve) => points.map((point) => point[name] ?? null);
    const columns = CURVES.map((name) => [name, column(name)] as const);
    return {
      steps: points.map(({ step }) => step),
      totalTokens: points.map(({ totalTokens = 0 }) => totalTokens),
      elapsedMs: points.map(({ elapsedMs }) => elapsedMs),
      // Every name is present.
      ...Object.fromEntries(columns) as Record<Curve, (number | null)[]>,
      validationSteps: this.#validations.map(({ step }) => step),
      validationTokens: this.#validations.map(({ totalTokens = 0 }) => totalTokens),
      validationElapsedMs: this.#validations.map(({ elapsedMs }) => elapsedMs),
      validationLoss: this.#validations.map(({ validationLoss }) => validationLoss),
    };
  }
}

/** Duration of a step, including the wait for its batch and its validation. */
export function spentMs({ dataMs, stepMs, validationMs }: StepRecord): number {
  return (dataMs ?? 0) + (stepMs ?? 0) + (validationMs ?? 0);
}

/** Means of what is finite, at the last step. */
function meanOf(records: readonly TimedRecord[]): TimedRecord {
  const last = records.at(-1) as TimedRecord;
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
  const { step, elapsedMs, totalTokens = 0 } = last;
  return { step, elapsedMs, totalTokens, ...Object.fromEntries(means) };
}
