/**
 * The validation and training curves of a run, from metrics.jsonl.
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
  /** Standard deviation of the loss from batch to batch, without its trend; 0 for a single batch. */
  readonly deviation: number;
  /** Mean target tokens per batch. */
  readonly batchTokens: number;
}

/** Most batches averaged for a point's training loss, and their largest share of the run. */
const MAX_BATCHES = 50, SHARE = 1 / 4;

/** The fields of a step in metrics.jsonl that are read here. */
interface StepLine {
  readonly step: number;
  readonly loss: number | null;
  readonly tokens: number;
  readonly skipped?: boolean;
  readonly validationLoss?: number | null;
}

/** Collects steps in order; keeps the last ones and each validation. */
export class Curve {
  readonly points: CurvePoint[] = [];
  #batches: { loss: number; tokens: number }[] = [];

  /** Adds a step; ignores one that the guard skipped, or whose loss is not finite. */
  add({ step, loss, tokens, skipped, validationLoss }: StepLine): void {
    if (loss !== null && !skipped) this.#batches.push({ loss, tokens });
    if (this.#batches.length > MAX_BATCHES) this.#batches.shift();
    if (typeof validationLoss === "number") this.addValidation(step, validationLoss);
  }

  /** Adds a validation after `step`, the last one added; ignores NaN, where nothing is held out. */
  addValidation(step: number, loss: number): void {
    if (!Number.isFinite(loss)) return;
    const batches = this.#batches.slice(-Math.max(1, Math.ceil(SHARE * step)));
    const mean = (of: readonly number[]) => of.reduce((sum, x) => sum + x, 0) / of.length;
    // Differences of neighbours cancel the trend: von Neumann et al. (1941).
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
 * Reads the curve of a run, of all its sessions; empty where there is no file. A line torn by a
 * crash is skipped, because its step is trained again.
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
