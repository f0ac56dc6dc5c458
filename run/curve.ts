/**
 * The course of a run as metrics.jsonl tells it: what validation found, and where training stood.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { exists } from "../model/durable.ts";

/** A validation, and the training loss before it. */
export interface CurvePoint {
  readonly step: number;
  /** Nats per token on held-out documents. */
  readonly loss: number;
  /** Mean nats per token of the last batches. */
  readonly trainLoss: number;
  /** Standard deviation of the loss from batch to batch, its course aside; 0 for a single batch. */
  readonly deviation: number;
  /** Scored tokens of a batch, on average. */
  readonly batchTokens: number;
}

/** Most batches that a point's training loss is the mean of, and the share of the run they may be. */
const MAX_BATCHES = 50, SHARE = 1 / 4;

/** One step of metrics.jsonl, as far as it is read here. */
interface StepLine {
  readonly step: number;
  readonly loss: number | null;
  readonly tokens: number;
  readonly skipped?: boolean;
  readonly validationLoss?: number | null;
}

/** Takes steps in, in their order; remembers the last of them and each validation. */
export class Curve {
  readonly points: CurvePoint[] = [];
  #batches: { loss: number; tokens: number }[] = [];

  /** Takes in a step; one that the guard skipped, or without a finite loss, is no training. */
  add({ step, loss, tokens, skipped, validationLoss }: StepLine): void {
    if (loss !== null && !skipped) this.#batches.push({ loss, tokens });
    if (this.#batches.length > MAX_BATCHES) this.#batches.shift();
    if (typeof validationLoss === "number") this.addValidation(step, validationLoss);
  }

  /** Takes in a validation after `step`, the last one taken in; NaN, of nothing held out, is none. */
  addValidation(step: number, loss: number): void {
    if (!Number.isFinite(loss)) return;
    const batches = this.#batches.slice(-Math.max(1, Math.ceil(SHARE * step)));
    const mean = (of: readonly number[]) => of.reduce((sum, x) => sum + x, 0) / of.length;
    // Differences of neighbours know nothing of the course: von Neumann et al. (1941).
    const squares = batches.slice(1).map((batch, i) => (batch.loss - (batches[i]?.loss ?? 0)) ** 2);
    this.points.push({
      step,
      loss,
      trainLoss: mean(batches.map((batch) => batch.loss)),
      deviation: squares.length === 0 ? 0 : Math.sqrt(mean(squares) / 2),
      batchTokens: mean(batches.map(({ tokens }) => tokens)),
    });
  }
}

/**
 * Reads the curve of a run, of all its sittings; empty where there is no file. A line torn by a
 * crash is passed over: the step is trained again.
 */
export async function readCurve(path: string): Promise<Curve> {
  const curve = new Curve();
  if (!await exists(path)) return curve;
  const file = await Deno.open(path);
  const lines = file.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    const step = parseStep(line);
    if (step !== undefined) curve.add(step);
  }
  return curve;
}

function parseStep(line: string): StepLine | undefined {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
