/**
 * Opens a finished or stopped run for reading.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { exists, isFolder } from "../model/durable.ts";
import { type JournalReader, readJournal } from "../stages/journal/mod.ts";
import { readStore, type StoreReader } from "../stages/store/mod.ts";
import { type Flag, group, text, UsageError } from "../cli/flags.ts";
import { readRunFile, readSettings, type RunPaths, runPaths, type RunSettings } from "./folder.ts";
import { lockForReading } from "./lock.ts";
import { loadTokenizer, type TokenizerFile } from "./tokenizer_file.ts";

/** A run opened for reading, locked against writers until disposed. */
export interface OpenRun extends AsyncDisposable {
  readonly paths: RunPaths;
  readonly settings: RunSettings;
  readonly journal: JournalReader;
  /** Absent while the run has none. */
  readonly tokenizer: TokenizerFile | undefined;
  readonly store: StoreReader | undefined;
}

/** The settings of the run in folder `root`; a `UsageError` where there is none. */
export async function requireSettings(root: string): Promise<RunSettings> {
  const settings = await isFolder(root) ? await readSettings(runPaths(root)) : undefined;
  if (settings) return settings;
  throw await noRun(root);
}

/** What every command says where the folder that it is given is no run, or is not there. */
export async function noRun(root: string, hint = ""): Promise<UsageError> {
  const reason = await isFolder(root)
    ? "there is no run.json in it"
    : await exists(root)
    ? "it is a file"
    : "there is no such folder";
  return new UsageError(
    `Cannot open the run ${root}: ${reason}; name a folder that ` +
      `\`deno task pipeline --run DIR\` has made${hint}`,
  );
}

/**
 * Opens the run in folder `root` for reading, without changing it. With `changed` also one whose
 * run.json was changed by hand.
 *
 * @throws {UsageError} when it holds no run
 * @throws {Error} when another process is working in it
 */
export async function openRun(
  root: string,
  { changed = false }: { changed?: boolean } = {},
): Promise<OpenRun> {
  const found = changed && await isFolder(root) ? await readRunFile(runPaths(root)) : undefined;
  const settings = found?.settings ?? await requireSettings(root);
  await using resources = new AsyncDisposableStack();
  resources.use(await lockForReading(root));
  const paths = runPaths(root);
  const journal = await readJournal(paths.corpus);
  const tokenizer = await loadTokenizer(paths, { init: "" });
  const store = tokenizer && resources.use(
    await readStore({
      dir: paths.tokens,
      vocabSize: tokenizer.tokenizer.vocabSize,
      tokenizerHash: tokenizer.hash,
    }),
  );
  const held = resources.move();
  return {
    paths,
    settings,
    journal,
    tokenizer,
    store,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The run of a command that names none. */
export const DEFAULT_RUN = "runs/default";

/** The flag of commands whose operand is a run folder. */
export const RUN_FLAG: { readonly run: Flag<string | undefined> } = group("The run", {
  run: text({
    help: "run folder, where RUN does not name it (default: RUN, or runs/default)",
    value: "DIR",
  }),
});

/**
 * The one run folder that the operands or `--run` name, `runs/default` without any.
 *
 * @throws {UsageError} when they name several
 */
export function runOperand(
  operands: readonly string[],
  { command, run }: { command: string; run: string | undefined },
): string {
  const [first, more] = operands;
  if (more !== undefined) throw new UsageError(`Cannot ${command} ${more}: give one run folder`);
  if (first !== undefined && run !== undefined && resolve(first) !== resolve(run)) {
    throw new UsageError(`Cannot ${command} both ${first} and --run ${run}: give one run folder`);
  }
  return first ?? run ?? DEFAULT_RUN;
}

/**
 * Separates a run folder from the other operands.
 *
 * @throws {UsageError} when several runs are named
 */
export async function runAmong(
  operands: readonly string[],
  { command, run }: { command: string; run: string | undefined },
): Promise<{ run: string; operands: string[] }> {
  const runs: string[] = [], rest: string[] = [];
  for (const operand of operands) {
    (await exists(join(operand, "run.json")) ? runs : rest).push(operand);
  }
  return { run: runOperand(runs, { command, run }), operands: rest };
}

/**
 * {@linkcode runOperand} for a command that may be given something else instead of a run.
 *
 * @throws {UsageError} when a run and `other` are both named
 */
export function runOrOther(
  operands: readonly string[],
  { command, run, other }: {
    command: string;
    run: string | undefined;
    /** The flag of what may be given instead, with its value. */
    other: readonly [flag: string, value: string | undefined];
  },
): string {
  const named = runOperand(operands, { command, run });
  const [flag, value] = other;
  if (value === undefined || (operands.length === 0 && run === undefined)) return named;
  const both = operands[0] ?? `--run ${run}`;
  throw new UsageError(`Cannot ${command} both ${both} and ${flag} ${value}: give one`);
}
