/**
 * What came of a run, in words: whether it trained too long, too short or about right.
 *
 * @module
 */
import { PRESETS } from "../model/config.ts";
import type { CurvePoint } from "./curve.ts";
import { MANY_PASSES } from "./plan.ts";
import type { RunSettings } from "./run_folder.ts";
import { quoted } from "./stopped.ts";

/** What can be said of a run. */
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
  /** The lowest validation, of equals the latest; null where there was none. */
  readonly best: CurvePoint | null;
  readonly last: CurvePoint | null;
  readonly validations: number;
  /** Nats per token by which validation losses must differ to say anything; null without any. */
  readonly noise: number | null;
  /** What it is judged by, in a sentence or two. */
  readonly reason: string;
  /** What to do next. */
  readonly next: string;
}

/** What {@linkcode judge} knows of a run. */
export interface Course {
  readonly points: readonly CurvePoint[];
  /** Scored tokens of one validation. */
  readonly heldOutTokens: number;
  /** Steps trained. */
  readonly step: number;
  /** Passes over the corpus that they make. */
  readonly passes: number;
  readonly root: string;
  readonly settings: RunSettings;
}

/** Where the end of a run begins: what has not fallen since is no longer falling. */
const LATE = 3 / 4;

/**
 * Judges a run by its validations and training losses.
 *
 * Two validation losses differ where they are a standard error apart: that of a mean over so many
 * held-out tokens, by how much training batches of the same corpus vary. Both are over the same
 * text, so that their difference varies less than either.
 */
export function judge(course: Course): Verdict {
  const { points } = course;
  const last = points.at(-1);
  if (last === undefined) return without(course);
  const best = points.reduce((best, point) => point.loss <= best.loss ? point : best);
  const noise = best.deviation * Math.sqrt(best.batchTokens / course.heldOutTokens);
  const late = points.findLast(({ step }) => step <= LATE * last.step);
  const verdict = (kind: VerdictKind, [reason, next]: readonly [string, string]): Verdict => ({
    ...{ kind, best, last, validations: points.length, noise, reason, next },
  });
  if (last.loss - best.loss > noise) {
    return last.trainLoss < best.trainLoss
      ? verdict("overfitting", overfitting(course, { best, last }))
      : verdict("unstable", unstable(course, { best, last }));
  }
  if (late === undefined) return verdict("too early to tell", tooEarly(course));
  if (late.loss - last.loss > noise) {
    return verdict("underfitting", underfitting(course, { late, last }));
  }
  return verdict("about right", [
    `Validation is ${nats(last.loss)} at the end, ${nats(best.loss)} at its lowest (step ` +
    `${best.step}) and ${nats(late.loss)} at step ${late.step}: ${count(course.heldOutTokens)} ` +
    `held-out tokens tell no less than ${nats(noise)} apart.`,
    "more text or a larger --preset lowers the loss further; more steps hardly do.",
  ]);
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
    begin(course, `--steps ${best.step}`),
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
    begin(course, `--learning-rate ${course.settings.learningRate / 2}`),
  ];
}

function underfitting(
  course: Course,
  { late, last }: { late: CurvePoint; last: CurvePoint },
): [string, string] {
  const { settings, root } = course;
  const longer = settings.steps > 0
    ? `--steps ${2 * settings.steps}`
    : `--seconds ${2 * settings.seconds}`;
  const command = `deno task pipeline --run ${quoted(root)} ${longer} --force`;
  return [
    `Both losses still fell at the end: validation from ${
      nats(late.loss)
    } at step ${late.step} to ` +
    `${nats(last.loss)}, training from ${nats(late.trainLoss)} to ${nats(last.trainLoss)}.`,
    2 * course.passes <= MANY_PASSES
      ? `more steps help, on from here: ${command}`
      : `more text helps most: twice the steps make ${passes(2 * course.passes)} over this ` +
        `corpus. With it or without: ${command}`,
  ];
}

function tooEarly(course: Course): [string, string] {
  const every = Math.max(1, Math.floor(course.step / 8));
  return [
    `${course.points.length === 1 ? "One validation shows" : "So few validations show"} no course.`,
    course.step < 8
      ? `train more than ${course.step} steps: deno task pipeline --run ${quoted(course.root)} ` +
        "--steps N --force"
      : `validate more often: ${begin(course, `--validate-every ${every}`)}`,
  ];
}

function without({ points: _, ...course }: Course): Verdict {
  return {
    kind: "nothing held out",
    ...{ best: null, last: null, validations: 0, noise: null },
    reason: "Training loss alone cannot tell learning from learning by heart; the latest " +
      "checkpoint is served and exported.",
    next: `add documents, so that some can be held out (this run made ${passes(course.passes)} ` +
      "over its text).",
  };
}

/** The command line that begins such a run anew, with one more flag. */
function begin({ settings }: Course, flag: string): string {
  const { preset, steps, seconds, sources } = settings;
  const words = [
    ...preset === "tiny" ? [] : [`--preset ${preset}`],
    ...steps === 0 || steps === PRESETS[preset].steps ? [] : [`--steps ${steps}`],
    ...steps === 0 ? [`--seconds ${seconds}`] : [],
  ].filter((word) => !flag.startsWith("--steps") || word.startsWith("--preset"));
  return ["deno task pipeline --run runs/next", ...words, flag, ...sources.map(quoted)].join(" ");
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
