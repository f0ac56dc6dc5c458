/**
 * Summarises the result of a run in a few sentences.
 *
 * @module
 */
import type { RunHistory } from "./run_files.ts";

/** The verdict on a run, with advice. */
export interface ReportVerdict {
  /** In a word or two: "underfitting". */
  readonly kind: string;
  /** Reason, in sentences. */
  readonly reason: string;
  /** What to do next. */
  readonly next: string;
}

/** Facts about training at the end of a run. */
export interface ReportCourse {
  /** Trained tokens over those of the documents below. */
  readonly passes: number;
  /** Documents in the latest pass. */
  readonly documents: number;
  /** Planned steps of a run that patience ended early. */
  readonly endedEarlyOf?: number;
}

/** The fields used here; those that an older run did not write are absent. */
interface RunStatus {
  readonly parameters?: number;
  readonly corpus?: { readonly documents: number; readonly textBytes: number };
  readonly passes?: number;
}

const count = (value: number) => value.toLocaleString("en");

/**
 * One sentence each for model and corpus, the last and best validation, and the verdict where there is
 * one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { conclude } from "./conclusion.ts";
 * import { readRun } from "./mod.ts";
 * const run = await readRun({ name: "mine", dir: await Deno.makeTempDir() });
 * assertEquals(conclude(run), ["Nothing was trained."]);
 * ```
 */
export function conclude(
  run: RunHistory,
  verdict?: ReportVerdict,
  course?: ReportCourse,
): string[] {
  if (run.last === null) return ["Nothing was trained."];
  return [
    describeTraining(run, course),
    describeValidation(run),
    ...(verdict === undefined ? [] : [
      `Verdict: ${verdict.kind}. ${verdict.reason}`,
      `Next: ${verdict.next}`,
    ]),
  ];
}

function describeTraining({ last, status, settings }: RunHistory, course?: ReportCourse): string {
  const { parameters, corpus, passes } = (status ?? {}) as RunStatus;
  const { sources } = (settings ?? {}) as { sources?: readonly string[] };
  const model = parameters === undefined ? "A model" : `A model of ${count(parameters)} parameters`;
  const { step = 0, totalTokens } = last ?? {};
  const tokens = totalTokens === undefined ? "" : ` on ${count(totalTokens)} tokens`;
  const text = corpus && `${count(corpus.documents)} documents (${megabytes(corpus.textBytes)})`;
  const from = sources === undefined
    ? ""
    : sources.length === 0
    ? " from the sample site"
    : ` from ${sources.slice(0, 3).join(", ")}${
      sources.length > 3 ? ` and ${sources.length - 3} more` : ""
    }`;
  const over = course
    ? `: ${times(course.passes)} over ${count(course.documents)} documents to train on, of`
    : passes === undefined
    ? " of"
    : `: ${times(passes)} over`;
  const corpusWords = text === undefined ? "" : `${over} ${text}${from}`;
  const planned = course?.endedEarlyOf;
  const of = planned === undefined ? "" : ` of ${count(planned)}`;
  const early = planned === undefined
    ? ""
    : " It stopped early, as validation brought no lower loss for as long as --patience says.";
  const steps = step === 1 && planned === undefined ? "step" : "steps";
  return `${model} trained ${count(step)}${of} ${steps}${tokens}${corpusWords}.${early}`;
}

function times(passes: number): string {
  return `${passes.toFixed(passes < 10 ? 2 : 1)} passes`;
}

function megabytes(bytes: number): string {
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${value.toFixed(value < 100 ? 1 : 0)} ${unit} of text`;
}

function describeValidation({ curves, lastValidation }: RunHistory): string {
  const { validationLoss, validationSteps } = curves;
  const last = validationLoss.at(-1);
  if (last === undefined) {
    return "No document was held out, so its loss on unseen text is unknown.";
  }
  const bits = lastValidation?.validationBitsPerByte;
  const figures = `perplexity ${Math.exp(last).toFixed(1)}` +
    (typeof bits === "number" ? `, ${bits.toFixed(3)} bits per byte` : "");
  const best = Math.min(...validationLoss);
  const at = validationSteps[validationLoss.indexOf(best)] ?? 0;
  const rest = validationLoss.length === 1
    ? ", validated once"
    : best === last
    ? `, the lowest of ${validationLoss.length} validations`
    : `; the lowest of ${validationLoss.length} validations was ${best.toFixed(4)} at step ` +
      count(at);
  return `The validation loss on held-out documents is ${
    last.toFixed(4)
  } nats per token at the end ` +
    `(${figures})${rest}.`;
}
