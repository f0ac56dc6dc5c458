/**
 * How large a step of tuning is, and how many passes there are, where the command line says neither.
 *
 * @module
 */
import type { ExampleUnit } from "../../stages/batch/mod.ts";

/** Conversations of a step: as few as TRL's and axolotl's examples have, since steps teach. */
const PER_STEP = 8;
/** Rows of a step: at least so many that several workers have some. */
const FEWEST_ROWS = 4, MOST_ROWS = 12;
/** Passes of a model that has learned much, and of a small one, which is quick about them. */
const PASSES = 3, SMALL_PASSES = 12, SMALL_WEIGHTS = 50_000_000;
/** Where those are fewer steps than it takes to learn answers, there are more passes. */
const FEWEST_STEPS = 200, MOST_PASSES = 30;
/** T is a multiple of it, and not less than the second where rows are plain text. */
const STRIDE = 16, SHORTEST_TEXT = 64;

/** B and T. */
export interface TuneShape {
  readonly rows: number;
  readonly cols: number;
}

/** What the command line says of it. */
export interface ShapeWishes {
  readonly rows: number | undefined;
  readonly context: number | undefined;
  /** The longest row there may be. */
  readonly most: number;
  /** Whether some rows are plain text. */
  readonly text: boolean;
}

/** Rows and columns that hold about {@linkcode PER_STEP} units a step, each unit in one row. */
export function shapeOf(units: readonly ExampleUnit[], wishes: ShapeWishes): TuneShape {
  const sizes = units.map((unit) => unit.reduce((sum, { ids }) => sum + ids.length - 1, 0));
  const target = PER_STEP * sizes.reduce((sum, size) => sum + size, 0) / Math.max(1, sizes.length);
  const longest = sizes.reduce((most, size) => Math.max(most, size), 1);
  const { context, most, text } = wishes;
  const wanted = Math.max(longest, target / (wishes.rows ?? MOST_ROWS));
  const whole = Math.ceil(Math.max(wanted, text ? SHORTEST_TEXT : 1) / STRIDE) * STRIDE;
  const cols = context ?? Math.min(most, whole);
  const rows = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.round(target / cols)));
  return { rows: wishes.rows ?? rows, cols };
}

/** What decides how many passes there are. */
export interface PassesBasis {
  readonly stepsPerPass: number;
  /** All weights of the model. */
  readonly weights: number;
  /** Whether an adapter is trained, or plain text beside: each takes twice the steps. */
  readonly slow: boolean;
}

/** Passes over the conversations. */
export function passesOf({ stepsPerPass, weights, slow }: PassesBasis): number {
  const factor = slow ? 2 : 1;
  const more = Math.ceil(factor * FEWEST_STEPS / stepsPerPass);
  const fewest = weights < SMALL_WEIGHTS ? SMALL_PASSES : PASSES;
  return Math.max(fewest, Math.min(factor * MOST_PASSES, more));
}
