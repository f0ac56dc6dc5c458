/**
 * Writes report.html of a run that is done.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { readRun, renderReport } from "../serve/mod.ts";
import type { Journal } from "../stages/journal/mod.ts";
import { replaceFile } from "../stages/durable.ts";
import type { Store } from "../stages/store/mod.ts";
import type { RunPaths, RunSettings } from "./run_folder.ts";
import { quoted } from "./stopped.ts";

/** What the report says that the run's files do not. */
export interface RunReportParts {
  readonly settings: RunSettings;
  /** Flags that began the run and are not in its settings' defaults, as they were typed. */
  readonly args: readonly string[];
  readonly journal: Journal;
  readonly store: Store;
  readonly vocabSize: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** Writes the page; returns its path. */
export async function writeRunReport(paths: RunPaths, parts: RunReportParts): Promise<string> {
  const { journal, store, vocabSize, dropped, args } = parts;
  const name = basename(resolve(paths.root));
  const run = await readRun({ name, dir: paths.root });
  const last = run.last as { step?: number; totalTokens?: number } | null;
  const count = (value: number | undefined) => (value ?? 0).toLocaleString("en");
  const validation = run.curves.validationLoss.at(-1);
  const facts: [string, string][] = [
    ["Steps", count(last?.step)],
    ["Tokens trained on", count(last?.totalTokens)],
    ["Last validation loss, nats a token", validation?.toFixed(4) ?? "none held out"],
    ["Documents in the corpus", count(journal.count)],
    ["Bytes of text", count(journal.bytes)],
    ["Documents as tokens", count(store.documents)],
    ["Vocabulary", count(vocabSize)],
  ];
  const command = ["deno task pipeline", ...args.map(quoted)].join(" ");
  const page = renderReport({ name, run, facts, dropped, reproduce: command });
  await replaceFile(paths.report, page);
  return paths.report;
}
