/**
 * Opens a finished or stopped run to look into it.
 *
 * @module
 */
import { exists } from "../model/durable.ts";
import { type Journal, openJournal } from "../stages/journal/mod.ts";
import { openStore, type Store } from "../stages/store/mod.ts";
import { type Flag, text, UsageError } from "./flags.ts";
import { readSettings, type RunPaths, runPaths, type RunSettings } from "./run_folder.ts";
import { lockRun } from "./run_lock.ts";
import { loadTokenizer, type TokenizerFile } from "./tokenizer_file.ts";

/** A run that nobody else writes to until it is disposed. */
export interface OpenRun extends AsyncDisposable {
  readonly paths: RunPaths;
  readonly settings: RunSettings;
  readonly journal: Journal;
  /** Absent while the run has none. */
  readonly tokenizer: TokenizerFile | undefined;
  readonly store: Store | undefined;
}

/** The settings of the run in folder `root`; a `UsageError` where there is none. */
export async function requireSettings(root: string): Promise<RunSettings> {
  const settings = await exists(root) ? await readSettings(runPaths(root)) : undefined;
  if (settings) return settings;
  throw new UsageError(
    `Cannot open the run ${root}: there is no run.json in it; name a folder that ` +
      `\`deno task pipeline --run DIR\` has made`,
  );
}

/**
 * Opens the run in folder `root`.
 *
 * @throws {UsageError} when it holds no run
 * @throws {Error} when another process works in it
 */
export async function openRun(root: string): Promise<OpenRun> {
  const settings = await requireSettings(root);
  await using resources = new AsyncDisposableStack();
  resources.use(await lockRun(root));
  const paths = runPaths(root);
  const journal = resources.use(await openJournal({ dir: paths.corpus }));
  const tokenizer = await loadTokenizer(paths, { init: "" });
  const store = tokenizer && resources.use(
    await openStore({
      dir: paths.tokens,
      vocabSize: tokenizer.tokenizer.vocabSize,
      tokenizerHash: tokenizer.hash,
    }),
  );
  const held = resources.move();
  return {
    ...{ paths, settings, journal, tokenizer, store },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The flag of commands whose operand is a run folder. */
export const RUN_FLAG: { readonly run: Flag<string | undefined> } = {
  run: text({
    help: "another way to name the run folder (default: as RUN, or runs/default)",
    value: "DIR",
    defaultValue: undefined,
  }),
};

/** The one run folder that the operands or `--run` name, `runs/default` without any. */
export function runOperand(
  operands: readonly string[],
  { command, run }: { command: string; run: string | undefined },
): string {
  const [first, more] = run === undefined ? operands : [run, ...operands];
  if (more !== undefined) throw new UsageError(`Cannot ${command} ${more}: give one run folder`);
  return first ?? "runs/default";
}
