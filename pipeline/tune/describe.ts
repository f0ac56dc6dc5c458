/**
 * What tuning says of its plan and of how it went.
 *
 * @module
 */
import type { Answers } from "./answers.ts";
import type { TuneExamples } from "./examples.ts";

/** The conversations, and the steps and the memory that they take. */
export function describePlan(
  { train, heldOut }: TuneExamples,
  { steps, rows, cols, memory }: { steps: number; rows: number; cols: number; memory: number },
): string {
  const learned = train.flat().reduce((sum, { mask }) => sum + mask.filter(Boolean).length, 0);
  const total = train.flat().reduce((sum, { ids }) => sum + ids.length, 0);
  const what = train[0]?.length === 2 ? "preferences" : "conversations";
  return `${train.length} ${what} to learn, ${heldOut.length} held out; ${learned} of ` +
    `${total} tokens are answers; ${steps} steps of up to ${rows} rows of ${cols} tokens, in ${
      Math.ceil(memory / 2 ** 20)
    } MiB`;
}

/** What the held-out conversations said of a step. */
export interface Validated {
  readonly step: number;
  readonly loss: number;
}

/** A loss that is higher by this factor has risen. */
const WORSE = 1.02;
/** Share of the answers that a model knows that has learned them. */
const KNOWN = 0.9;

/** How long was trained, by what the model answers and by its losses; `all` in the order of steps. */
export function describeEnd(all: readonly Validated[], answers?: Answers): string[] {
  const verdict = answers && judgeAnswers(answers) || judgeLoss(all);
  return [...answers ? [describeAnswers(answers)] : [], ...verdict];
}

const figure = ({ loss, step }: Validated) => `${loss.toFixed(3)} at step ${step}`;

function describeAnswers({ step, taught, heldOut }: Answers): string {
  const held = heldOut.of > 0 ? `, and ${heldOut.right} of ${heldOut.of} held out` : "";
  return `Answers: at step ${step}, which is used, ${taught.right} of ${taught.of} that it was ` +
    `taught come out word for word${held}.`;
}

/** What answers say that are short enough to be given word for word. */
function judgeAnswers({ taught, heldOut, short }: Answers): string[] | undefined {
  if (!short) return undefined;
  if (taught.right < KNOWN * taught.of) {
    return [
      "Verdict: too short. It does not know all that it was taught: more --epochs in a run " +
      "of its own would do better, or a higher --learning-rate.",
    ];
  }
  if (heldOut.right < heldOut.of / 2) {
    return [
      "Verdict: learned by heart. It answers what it was taught, asked in those words: it " +
      "needs more conversations to answer others.",
    ];
  }
  return ["Verdict: about right."];
}

/** What the losses on held-out conversations say. */
function judgeLoss(all: readonly Validated[]): string[] {
  const last = all.at(-1);
  if (last === undefined) {
    return ["No conversation is held out: with ten or more, every tenth would tell how it went."];
  }
  const best = all.reduce((best, one) => one.loss < best.loss ? one : best);
  if (last.loss > best.loss * WORSE) {
    return [
      `Verdict: too long. On held-out conversations the loss was ${figure(best)} and rose to ` +
      `${last.loss.toFixed(3)}: the model learns these by heart. Fewer --epochs or more ` +
      "conversations would do better.",
    ];
  }
  const before = all.at(-2);
  if (before !== undefined && before.loss > last.loss * WORSE) {
    return [
      "Verdict: too short. On held-out conversations the loss still fell at the end, from " +
      `${figure(before)} to ${figure(last)}: more --epochs in a run of its own would do better.`,
    ];
  }
  return [
    `Verdict: about right. On held-out conversations the loss is ${figure(last)}${
      best === last ? ", its lowest" : ""
    }.`,
  ];
}
