/**
 * How does a training step compare with PyTorch's, eager and compiled, in one run? The same models,
 * batches and optimizer as `bench train`, on as many threads, by turns: ours, eager, compiled.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { UsageError } from "../cli/flags.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { openLineProcess } from "./line_process.ts";
import { median } from "./median.ts";
import { CONFIGS, measureTraining } from "./train.ts";

const SCRIPT = new URL("compare/pytorch.py", import.meta.url).pathname;
const MODES = ["eager", "compile"] as const;
/** The script's, and so ours. */
const THREADS = 2;

/** First line of the script: its version of PyTorch, and what the BLAS below it reaches. */
interface About {
  readonly torch: string;
  readonly sgemmGflops: number;
}

/**
 * Runs `bench compare --python PATH [--config NAME] [--rounds N] [--steps N] [--json]`: PATH is a
 * Python that has PyTorch, version 2 for `torch.compile`; without `--config` all of tiny, small and
 * base. Prints medians of N rounds of N steps, and how many times PyTorch's tokens/s ours are.
 */
export async function run(args: string[]): Promise<void> {
  const options = { python: TEXT, config: TEXT, rounds: TEXT, steps: TEXT, json: SWITCH };
  const flags = parseArgs({ args, options }).values;
  const { python } = flags;
  if (python === undefined) {
    throw new UsageError("Cannot bench compare: name a Python that has PyTorch with --python PATH");
  }
  const all = Object.keys(CONFIGS) as (keyof typeof CONFIGS)[];
  const names = flags.config === undefined ? all : all.filter((name) => name === flags.config);
  if (names.length === 0) {
    throw new UsageError(`Cannot bench --config ${flags.config}: ${all.join(", ")}`);
  }
  const rounds = Number(flags.rounds ?? 3);
  const steps = Number(flags.steps ?? 8);
  for (const name of names) {
    const result = await compare(name, { python, rounds, steps });
    console.log(flags.json ? JSON.stringify(result) : result);
  }
}

async function compare(
  config: keyof typeof CONFIGS,
  { python, rounds, steps }: { python: string; rounds: number; steps: number },
) {
  await using resources = new AsyncDisposableStack();
  const peers = new Map<string, (steps: number) => Promise<number>>();
  const about: Record<string, About> = {};
  for (const mode of MODES) {
    const child = resources.use(openLineProcess(python, [SCRIPT, config, mode]));
    about[mode] = await child.ask<About>();
    peers.set(mode, async (steps) => {
      return (await child.ask<{ tokensPerSecond: number }>(`${steps}`)).tokensPerSecond;
    });
  }
  const ours: number[] = [];
  const theirs = new Map([...peers.keys()].map((mode): [string, number[]] => [mode, []]));
  const rest: { peakGflops: number; shareOfPeak: number; simd256: boolean }[] = [];
  for (let round = 0; round < rounds; round++) {
    const { tokensPerSecond, ...figures } = await measureTraining(config, {
      workers: THREADS,
      steps,
    });
    ours.push(tokensPerSecond);
    rest.push(figures);
    for (const [mode, ask] of peers) theirs.get(mode)?.push(await ask(steps));
  }
  const compared = Object.fromEntries(
    MODES.map((mode) => {
      const rates = theirs.get(mode) ?? [];
      const ratios = ours.map((rate, i) => rate / (rates[i] ?? NaN));
      const figures = { tokensPerSecond: median(rates), timesTheirs: median(ratios), ratios };
      return [mode, { ...about[mode], ...figures }];
    }),
  );
  return {
    config,
    threads: THREADS,
    rounds,
    steps,
    ours: {
      tokensPerSecond: median(ours),
      peakGflops: median(rest.map(({ peakGflops }) => peakGflops)),
      shareOfPeak: median(rest.map(({ shareOfPeak }) => shareOfPeak)),
      simd256: rest.every(({ simd256 }) => simd256),
    },
    ...compared,
  };
}
