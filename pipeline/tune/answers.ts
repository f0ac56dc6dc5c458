/**
 * Which answers a tuned model gives as its conversations have them, and which of its checkpoints gives
 * more of them.
 *
 * @module
 */
import { basename } from "node:path";
import { stepOf } from "../../model/checkpoint/mod.ts";
import { chooseCheckpoint } from "../../run/choose_checkpoint.ts";
import { runPaths } from "../../run/folder.ts";
import { openModel } from "../../run/model_source.ts";
import { forgetPreferred, preferCheckpoint } from "../../run/preferred_checkpoint.ts";
import type { Example, ExampleUnit } from "../../stages/batch/mod.ts";
import { type Continuation, likelihoods } from "../../evaluation/tasks/likelihood.ts";
import type { TuneExamples } from "./examples.ts";

/** Answers that are right, of those asked for. */
export interface Tally {
  readonly right: number;
  readonly of: number;
}

/** What a checkpoint answers. */
export interface Answers {
  readonly step: number;
  readonly taught: Tally;
  readonly heldOut: Tally;
  /** Whether answers are so short that a model can be expected to give them word for word. */
  readonly short: boolean;
}

/** Conversations of a kind to ask for at most. */
const MOST = 50;
/** Tokens of a short answer. */
const SHORT = 32;

/**
 * Asks the checkpoint of the lowest held-out loss and the latest for the last answer of conversations,
 * greedily. The one with more right answers is used from now on; of equal ones, that of the lowest loss.
 *
 * @returns what that one answers; undefined where nothing was trained
 */
export async function askAnswers(
  root: string,
  { train, heldOut }: Pick<TuneExamples, "train" | "heldOut">,
  { workers }: { workers: number },
): Promise<Answers | undefined> {
  const { checkpoints } = runPaths(root);
  await forgetPreferred(checkpoints);
  const [best, latest] = [
    await chooseCheckpoint(checkpoints, "best"),
    await chooseCheckpoint(checkpoints, "latest"),
  ];
  if (!best || !latest) return undefined;
  const taught = someOf(train).map(lastAnswer);
  const held = someOf(heldOut).map(lastAnswer);
  const ask = async (folder: string): Promise<Answers> => {
    const step = stepOf(folder);
    const { engine } = await openModel({ run: root, checkpoint: step, threads: workers });
    await using _engine = engine;
    const right = (await likelihoods(engine, [...taught, ...held])).map(({ isGreedy }) => isGreedy);
    const tally = (part: boolean[]) => ({ right: part.filter(Boolean).length, of: part.length });
    const tokens = taught.reduce((sum, { ids }) => sum + ids.length, 0);
    return {
      step,
      taught: tally(right.slice(0, taught.length)),
      heldOut: tally(right.slice(taught.length)),
      short: tokens <= SHORT * taught.length,
    };
  };
  const byLoss = await ask(best.folder);
  if (latest.folder === best.folder) return byLoss;
  const last = await ask(latest.folder);
  const total = ({ taught, heldOut }: Answers) => taught.right + heldOut.right;
  if (total(last) <= total(byLoss)) return byLoss;
  await preferCheckpoint(checkpoints, basename(latest.folder));
  return last;
}

/** Some from all parts of a file. */
function someOf(units: readonly ExampleUnit[]): Example[] {
  const stride = Math.max(1, units.length / MOST);
  const count = Math.min(MOST, units.length);
  return Array.from({ length: count }, (_, at) => units[Math.floor(at * stride)] ?? []).flat();
}

/** The ids of the last answer, after all that comes before it. */
function lastAnswer({ ids, mask }: Example): Continuation {
  const end = mask.lastIndexOf(1) + 1;
  const start = Math.max(1, mask.lastIndexOf(0, end - 1) + 1);
  return { context: [...ids.subarray(0, start)], ids: [...ids.subarray(start, end)] };
}
