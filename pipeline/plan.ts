/**
 * The plan of a run, announced before it trains.
 *
 * @module
 */
import { countBatches } from "../stages/batch/mod.ts";
import { formatCount, formatDuration } from "../stages/report/mod.ts";
import type { StepReport } from "../stages/types.ts";
import type { RunSettings } from "../run/folder.ts";
import type { CorpusSurvey } from "./survey.ts";
import { type ReplicaSettings, replicasOf } from "../run/settings/replicas.ts";
import { plannedTokens, warmUpTokens } from "../run/warm_up.ts";

/**
 * Passes over a corpus up to which repeated text is worth about as much as new text, and beyond which
 * its value soon falls to nothing: Muennighoff et al. (2023), "Scaling Data-Constrained Language
 * Models", arXiv:2305.16264.
 */
export const MANY_PASSES = 4;

/** Everything known before the first step; plain JSON. */
export interface Plan {
  readonly preset: string;
  readonly parameters: number;
  readonly vocab: number;
  /** T */
  readonly context: number;
  readonly corpus: CorpusSurvey;
  /** Steps of one pass over the corpus. */
  readonly stepsPerPass: number;
  /** B T */
  readonly stepTokens: number;
  /** Steps of the whole run; null for one planned by the clock. */
  readonly steps: number | null;
  /** Target tokens of all steps; null as `steps` is. */
  readonly tokens: number | null;
  /** Passes: those tokens over the tokens of the train split; null as `steps` is. */
  readonly passes: number | null;
  /** Share of the corpus that is trained on; null as `steps` is. */
  readonly share: number | null;
  readonly seconds: number | null;
  /** Bytes of the spheres' shared memory. */
  readonly sharedMemory: number;
  readonly workers: number;
  /** Steps done. */
  readonly step: number;
  readonly run: string;
  readonly checkpointEvery: number;
  readonly validateEvery: number;
  /** Set for a run with several replicas. */
  readonly replicas?: ReplicaSettings;
}

/** Inputs of {@linkcode makePlan}. */
export interface PlanParts {
  readonly settings: RunSettings;
  readonly corpus: CorpusSurvey;
  readonly parameters: number;
  readonly vocab: number;
  /** B of a whole step, and T. */
  readonly rows: number;
  readonly cols: number;
  readonly sharedMemory: number;
  readonly workers: number;
  readonly step: number;
  readonly run: string;
  readonly checkpointEvery: number;
}

/** Plans a run. */
export function makePlan({ settings, corpus, rows, cols, ...known }: PlanParts): Plan {
  const { steps, seconds, preset, validateEvery } = settings;
  const stepsPerPass = countBatches(corpus, { rows, cols }) ?? 0;
  const course = steps > 0 ? courseOf(steps, { corpus, stepsPerPass }) : undefined;
  const reach = settings.order === "stored" ? 1 : reachOf(settings, corpus);
  const passes = course && course.passes / reach;
  return {
    ...known,
    preset,
    corpus,
    validateEvery,
    context: cols,
    stepsPerPass,
    stepTokens: rows * cols,
    steps: steps > 0 ? steps : null,
    tokens: course?.tokens ?? null,
    passes: passes ?? null,
    share: passes === undefined ? null : reach * Math.min(1, passes),
    seconds: steps > 0 ? null : seconds,
    ...replicasOf(settings),
  };
}

/**
 * Share of the corpus in the largest pass: the first covers what is stored when training begins, and
 * each later one up to twice as much, while the steps still need it.
 */
function reachOf(settings: RunSettings, { tokens }: CorpusSurvey): number {
  const planned = plannedTokens(settings);
  let size = Math.min(tokens, warmUpTokens(settings));
  for (let used = size; used < planned && size < tokens; used += size) {
    size = Math.min(tokens, Math.max(size, Math.min(2 * size, planned - used)));
  }
  return size / tokens;
}

/** Passes and target tokens of a number of steps. The last step of a pass is padded. */
export function courseOf(
  steps: number,
  { corpus: { tokens, documents }, stepsPerPass }: Pick<Plan, "corpus" | "stepsPerPass">,
): { passes: number; tokens: number } {
  const passes = steps / stepsPerPass;
  // The first token of a document is not a target.
  return { passes, tokens: Math.round(passes * (tokens - documents)) };
}

/** The plan as a block of lines. */
export function describePlan(plan: Plan): string[] {
  const { corpus, steps, tokens, seconds } = plan;
  const size = (n: number) => corpus.exact ? count(n) : `about ${formatCount(n)}`;
  const soFar = corpus.complete ? "" : " so far, more may come";
  const goesOn = plan.step > 0 ? `, from step ${plan.step} on` : "";
  const mebibytes = Math.ceil(plan.sharedMemory / 2 ** 20);
  const workers = `${plan.workers} worker${plan.workers === 1 ? "" : "s"}`;
  const row = (name: string, text: string) => `${name.padEnd(10)}${text}`;
  return [
    "plan",
    row(
      "model",
      `${count(plan.parameters)} parameters (${plan.preset}, vocabulary ${count(plan.vocab)}, ` +
        `context ${count(plan.context)})`,
    ),
    row(
      "corpus",
      `${size(corpus.tokens)} tokens to train on, in ` +
        `${count(corpus.documents)} document${corpus.documents === 1 ? "" : "s"}${soFar}`,
    ),
    steps === null || tokens === null
      ? row("training", `${formatDuration(1000 * (seconds ?? 0))} by the clock${goesOn}`)
      : row(
        "training",
        `${count(steps)} steps of up to ${count(plan.stepTokens)} tokens: about ` +
          `${formatCount(tokens)}${goesOn}`,
      ),
    ...(plan.replicas ? [row("replicas", describeReplicas(plan.replicas, plan))] : []),
    ...(plan.passes === null ? [] : [row("sees", describeSeen(plan))]),
    row(
      "memory",
      `${mebibytes} MiB shared by ${workers}, beside the process itself${savesIn(plan)}`,
    ),
    row(
      "ends",
      `${steps === null ? "when that is over" : `at step ${count(steps)}`}, in ${plan.run}` +
        describeSaves(plan),
    ),
  ];
}

/** Bytes a weight of what a checkpoint is saved from, a copy, and of the engine that samples it. */
const SAVED_BYTES = 20;
/** Less is not worth a word. */
const MUCH = 2 ** 28;

function savesIn({ parameters, replicas }: Plan): string {
  const bytes = SAVED_BYTES * parameters;
  if (replicas !== undefined || bytes < MUCH) return "";
  return `, and up to ${
    Math.ceil(bytes / 2 ** 20)
  } MiB more while a checkpoint is saved and sampled`;
}

/** How the steps are divided, and the memory beside the spheres' for what is not in them. */
function describeReplicas(
  { replicas, innerSteps, deltas }: ReplicaSettings,
  { steps, parameters }: Plan,
): string {
  const each = Math.floor((steps ?? 0) / replicas);
  const rounds = Math.ceil(each / innerSteps);
  // Weights and outer momentum, and of each replica two moments and an int8 delta's residual.
  const areas = 2 + replicas * (deltas === "int8" ? 3 : 2);
  return `${replicas}, each ${count(each)} of the steps, in ${count(rounds)} ` +
    `round${rounds === 1 ? "" : "s"} of up to ${count(innerSteps)}; ` +
    `${Math.ceil(4 * areas * parameters / 2 ** 20)} MiB for what they keep`;
}

/** Events before the end; each also happens at the end. */
function describeSaves(
  { steps, step, checkpointEvery, validateEvery, stepsPerPass, replicas }: Plan,
): string {
  const rest = (steps ?? Infinity) - step;
  const parts = [
    ...checkpointEvery < rest ? [`a checkpoint every ${count(checkpointEvery)} steps`] : [],
    ...validateEvery < rest ? [`a validation every ${count(validateEvery)} steps`] : [],
    ...stepsPerPass < Math.min(rest, validateEvery) ? ["a validation after each pass"] : [],
  ];
  const when = replicas === undefined ? "" : ", each with the end of a round";
  return parts.length === 0 ? "" : `; ${parts.join(", ")}${when}`;
}

/** `62 % of the corpus`, or the number of passes over it. */
function describeSeen(
  { passes, share, corpus }: Pick<Plan, "passes" | "share" | "corpus">,
): string {
  const times = passes ?? 0;
  const part = share ?? Math.min(1, times);
  const of = corpus.complete ? "the corpus" : "what is stored so far";
  const seen = `${Math.floor(100 * part + 1e-9)} % of ${of}`;
  return times <= 1 ? seen : `${seen}, in ${times.toFixed(times < 10 ? 1 : 0)} passes over it`;
}

/** Steps in {@linkcode MANY_PASSES} passes; undefined while more text may come. */
export function mostSteps({ corpus, stepsPerPass }: Plan): number | undefined {
  return corpus.complete ? Math.ceil(MANY_PASSES * stepsPerPass) : undefined;
}

/** Warning about many passes; undefined where there are few. */
export function warnOfPasses(plan: Plan): string | undefined {
  const { passes, steps, corpus } = plan;
  const enough = mostSteps(plan);
  if (passes === null || steps === null || enough === undefined || steps <= enough) {
    return undefined;
  }
  return `warning: ${describePasses(passes)} over ${count(corpus.tokens)} tokens: after about ` +
    `${MANY_PASSES} a model learns its text by heart; add text, or plan at most --steps ${enough}`;
}

function describePasses(passes: number): string {
  return `${passes.toFixed(passes < 10 ? 1 : 0)} passes`;
}

/** Steps skipped until code is optimised, and the minimum to measure. */
const WARMUP_STEPS = 3, MEASURED_STEPS = 5, MEASURED_MS = 3000;

/**
 * Measures the first steps of a session. The function it returns takes each report, and returns once
 * a line that estimates the remaining time at that speed.
 */
export function timePlan(plan: Plan): (report: StepReport) => string | undefined {
  let [seen, steps, tokens, ms, isTold] = [0, 0, 0, 0, false];
  return ({ step, tokens: batchTokens, stepMs, phases }) => {
    if (isTold || ++seen <= WARMUP_STEPS) return undefined;
    steps++;
    tokens += batchTokens;
    ms += stepMs + (phases?.dataMs ?? 0);
    if (steps < MEASURED_STEPS || ms < MEASURED_MS) return undefined;
    isTold = true;
    const speed = `${formatCount(1000 * tokens / ms)} tokens/s over the first ${steps} steps`;
    const resident = `the process has ${Math.round(Deno.memoryUsage().rss / 2 ** 20)} MiB`;
    if (plan.steps !== null) {
      const left = formatDuration((plan.steps - step) * ms / steps);
      const pass = formatDuration(plan.stepsPerPass * ms / steps);
      return `time      about ${left} to step ${count(plan.steps)}, at ${speed}; ` +
        `a pass takes ${pass}; ${resident}`;
    }
    const wanted = Math.round(1000 * (plan.seconds ?? 0) * steps / ms);
    const { passes } = courseOf(wanted, plan);
    const seenOf = describeSeen({ corpus: plan.corpus, passes, share: null });
    return `time      about ${count(wanted)} steps in all, at ${speed}: ${seenOf}; ${resident}`;
  };
}

function count(n: number): string {
  return n.toLocaleString("en");
}
