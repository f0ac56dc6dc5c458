/**
 * Judges a run in words: whether it trained too long, too short or about right.
 *
 * @module
 */
import type { CurvePoint } from "../../run/curve.ts";
import { MANY_PASSES } from "../plan.ts";
import type { RunSettings } from "../../run/folder.ts";
import { commandLine } from "../../run/settings/command_line.ts";
import { quoted } from "../../run/stopped.ts";

/** Kinds of verdict. */
export type VerdictKind =
  | "overfitting"
  | "unstable"
  | "underfitting"
  | "about right"
  | "too early to tell"
  | "nothing held out";

/** The verdict on a run; plain JSON, part of the summary. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** The lowest validation, the latest of equal ones; null where there was none. */
  readonly best: CurvePoint | null;
  readonly last: CurvePoint | null;
  readonly validations: number;
  /** Noise in nats per token, below which differences of validation loss mean nothing; null without any. */
  readonly noise: number | null;
  /** Reason for the verdict, in a sentence or two. */
  readonly reason: string;
  /** What to do next. */
  readonly next: string;
}

/** Inputs of {@linkcode judge}. */
export interface Course {
  readonly points: readonly CurvePoint[];
  /** Target tokens of one validation. */
  readonly heldOutTokens: number;
  /** Steps trained. */
  readonly step: number;
  /** Passes over the corpus in those steps. */
  readonly passes: number;
  /** Steps in {@linkcode MANY_PASSES} passes; undefined where the corpus was not complete. */
  readonly mostSteps: number | undefined;
  /** Final learning rate, as a share of its peak, of a run that patience ended; else undefined. */
  readonly cutAt: number | undefined;
  readonly root: string;
  /** A run folder that does not exist yet. */
  readonly next: string;
  readonly settings: RunSettings;
}

/** Where the end of a run begins: a loss that has not fallen since is no longer falling. */
const LATE = 3 / 4;
/** Criteria of a steady fall: its stretch, its fewest validations, and the share of falling pairs. */
const STEADY = { from: 1 / 2, points: 4, pairs: 0.9 } as const;
/** Minimum nats of a steady fall over the end of a run that make more steps worthwhile. */
const WORTHWHILE = 0.02;
/** Nats between training and validation loss at which text counts as memorised: e times the odds. */
const BY_HEART = 1;
/** Share of its peak below which a learning rate has nearly finished its decay. */
const DECAYED = 0.2;
/** Minimum factor by which a longer plan is worth another run. */
const WORTH_A_RUN = 1.1;
/** Held-out tokens below which a verdict warns that they are few. */
const FEW_TOKENS = 2000;

/**
 * Judges a run by its validations and training losses.
 *
 * Two validation losses differ when they are a standard error apart: that of a mean over the held-out
 * tokens, estimated from how much training batches of the same corpus vary. Both are over the same
 * text, so their difference varies less than either: four or more consecutive falls over the last
 * half of a run show even a smaller fall.
 */
export function judge(course: Course): Verdict {
  const { points, heldOutTokens } = course;
  const last = points.at(-1);
  if (last === undefined) return without(course);
  const best = points.reduce((best, point) => point.loss <= best.loss ? point : best);
  const noise = best.deviation * Math.sqrt(best.batchTokens / heldOutTokens);
  const late = points.findLast(({ step }) => step <= LATE * last.step);
  const verdict = (kind: VerdictKind, [reason, next]: readonly [string, string]): Verdict => ({
    kind,
    best,
    last,
    validations: points.length,
    noise,
    next,
    reason: heldOutTokens < FEW_TOKENS
      ? `${reason} Only ${count(heldOutTokens)} tokens are held out: a rough measure.`
      : reason,
  });
  if (last.loss - best.loss > noise) {
    return last.trainLoss < best.trainLoss
      ? verdict("overfitting", overfitting(course, { best, last }))
      : verdict("unstable", unstable(course, { best, last }));
  }
  if (course.passes > MANY_PASSES && last.loss - last.trainLoss > BY_HEART) {
    return verdict("overfitting", byHeart(course, last));
  }
  if (course.cutAt !== undefined && course.cutAt > DECAYED) {
    return verdict("too early to tell", cutShort(course, course.cutAt));
  }
  if (late === undefined) return verdict("too early to tell", tooEarly(course));
  const fall = late.loss - last.loss;
  if (fall > noise || (fall > WORTHWHILE && fallsSteadily(points))) {
    return verdict("underfitting", underfitting(course, { late, last }));
  }
  const isGeneral = course.passes <= MANY_PASSES && last.loss - last.trainLoss <= BY_HEART;
  return verdict("about right", [
    `Validation is ${nats(last.loss)} at the end, ${nats(best.loss)} at its lowest (step ` +
    `${best.step}) and ${nats(late.loss)} at step ${late.step}: ${count(heldOutTokens)} ` +
    `held-out tokens show no difference below ${nats(noise)}.`,
    isGeneral
      ? "more text or a larger --preset lowers the loss further; more steps hardly do."
      : `more text lowers the loss further (this run made ${passes(course.passes)} over it); ` +
        "more steps hardly do.",
  ]);
}

/** Whether nearly every validation of the last half is lower than nearly all before it. */
function fallsSteadily(points: readonly CurvePoint[]): boolean {
  const end = points.at(-1)?.step ?? 0;
  const losses = points.filter(({ step }) => step >= STEADY.from * end).map(({ loss }) => loss);
  if (losses.length < STEADY.points) return false;
  const falls = losses.map((loss, i) => losses.slice(0, i).filter((before) => before > loss).length)
    .reduce((sum, n) => sum + n, 0);
  return falls >= STEADY.pairs * losses.length * (losses.length - 1) / 2;
}

/** The two lines of a verdict. */
export function describeVerdict({ kind, reason, next }: Verdict): string[] {
  return [`Verdict: ${kind}. ${reason}`, `Next: ${next}`];
}

function overfitting(
  course: Course,
  { best, last }: { best: CurvePoint; last: CurvePoint },
): [string, string] {
  return [
    `Validation was lowest at step ${best.step} (${nats(best.loss)}) and rose to ` +
    `${nats(last.loss)} at step ${last.step}, while training loss fell from ` +
    `${nats(best.trainLoss)} to ${nats(last.trainLoss)}: the model learns its text by heart.`,
    `step ${best.step} is served and exported. Add text (this run made ` +
    `${passes(course.passes)} over it), or plan so many steps: ` +
    begin(course, { steps: best.step }),
  ];
}

/** Validation need not rise: a model learns nothing more from memorised text. */
function byHeart(course: Course, { loss, trainLoss }: CurvePoint): [string, string] {
  const { mostSteps } = course;
  const fewer = mostSteps === undefined || mostSteps >= course.step
    ? ""
    : `, or plan at most ${MANY_PASSES} passes: ${begin(course, { steps: mostSteps })}`;
  return [
    `Training loss is ${nats(trainLoss)} and validation ${nats(loss)}, ${nats(loss - trainLoss)} ` +
    `more, after ${passes(course.passes)} over the corpus: the model knows its text by heart.`,
    `add text${fewer}`,
  ];
}

/** While the learning rate is high, the largest gains are still to come. */
function cutShort(course: Course, rate: number): [string, string] {
  const { step, settings, mostSteps, root } = course;
  const { steps } = settings;
  const of = steps > 0 ? ` of ${count(steps)}` : "";
  const isMuch = mostSteps !== undefined && steps > mostSteps;
  return [
    `Patience ended the run at step ${count(step)}${of}, with the learning rate at ` +
    `${Math.round(100 * rate)} % of its peak: the loss falls most where that comes down.`,
    isMuch
      ? `plan fewer steps, so that it comes down within ${MANY_PASSES} passes: ` +
        begin(course, { steps: mostSteps })
      : `train to the end of the plan: ` +
        `deno task pipeline --run ${quoted(root)} --patience 0 --force`,
  ];
}

function unstable(
  course: Course,
  { best, last }: { best: CurvePoint; last: CurvePoint },
): [string, string] {
  return [
    `Validation was lowest at step ${best.step} (${nats(best.loss)}) and rose to ` +
    `${nats(last.loss)} at step ${last.step}, and training loss rose too, from ` +
    `${nats(best.trainLoss)} to ${nats(last.trainLoss)}.`,
    `step ${best.step} is served and exported. Learn in smaller steps: ` +
    begin(course, { learningRate: course.settings.learningRate / 2 }),
  ];
}

function underfitting(
  course: Course,
  { late, last }: { late: CurvePoint; last: CurvePoint },
): [string, string] {
  return [
    `Validation still fell at the end, from ${nats(late.loss)} at step ${late.step} to ` +
    `${nats(last.loss)}; training loss was ${nats(late.trainLoss)} then and is ` +
    `${nats(last.trainLoss)} now.`,
    longer(course),
  ];
}

/** Up to twice the steps, within the passes that a plan allows without a warning. */
function longer({ settings: { steps, seconds }, root, passes: made, mostSteps }: Course): string {
  const factor = Math.min(
    2,
    mostSteps !== undefined && steps > 0 ? mostSteps / steps : MANY_PASSES / made,
  );
  if (factor < WORTH_A_RUN) {
    return `add text: this run made ${passes(made)} over it, and after about ${MANY_PASSES} ` +
      "a model learns its text by heart.";
  }
  const flag = steps > 0
    ? `--steps ${Math.floor(factor * steps)}`
    : `--seconds ${Math.floor(factor * seconds)}`;
  const limit = factor < 2 ? ` up to ${MANY_PASSES} passes over the corpus` : "";
  return `more steps help${limit}, on from here along the learning rate of the longer plan: ` +
    `deno task pipeline --run ${quoted(root)} ${flag} --force`;
}

/** Minimum steps of a run that can be judged, with a validation every second step. */
const SOME_STEPS = 16;

function tooEarly(course: Course): [string, string] {
  const { step, root, mostSteps = Infinity, settings } = course;
  const every = Math.max(1, Math.floor(step / 8));
  const more = Math.min(SOME_STEPS, mostSteps);
  const reason = `${
    course.points.length === 1 ? "One validation shows" : "So few validations show"
  } no trend.`;
  if (step >= SOME_STEPS / 2 || settings.steps === 0) {
    return [reason, `validate more often: ${begin(course, { validateEvery: every })}`];
  }
  const flags = `--steps ${more} --validate-every 2 --force`;
  return [
    reason,
    more > step
      ? `train more than ${step} steps: deno task pipeline --run ${quoted(root)} ${flags}`
      : `add text: this run made ${passes(course.passes)} over it.`,
  ];
}

function without({ points: _, ...course }: Course): Verdict {
  return {
    kind: "nothing held out",
    best: null,
    last: null,
    validations: 0,
    noise: null,
    reason: "Training loss alone cannot tell learning from learning by heart; the latest " +
      "checkpoint is served and exported.",
    next: `add documents, so that some can be held out (this run made ${passes(course.passes)} ` +
      "over its text).",
  };
}

/** The command line that starts such a run again, with at most `steps` steps and other settings. */
function begin(
  { settings, mostSteps = Infinity, next }: Course,
  { steps: wanted, ...changed }: Partial<RunSettings>,
): string {
  // Never suggests what a plan would warn about.
  const steps = Math.min(wanted ?? (settings.steps || Infinity), mostSteps);
  const byClock = wanted === undefined && settings.steps === 0;
  const length = byClock ? {} : { steps, seconds: 0 };
  return commandLine({ settings: { ...settings, ...length, ...changed }, root: next });
}

function nats(loss: number): string {
  return loss.toFixed(3);
}

function count(n: number): string {
  return n.toLocaleString("en");
}

function passes(n: number): string {
  const text = n < 10 ? n.toFixed(1) : n.toFixed(0);
  return `${text} pass${text === "1.0" ? "" : "es"}`;
}
