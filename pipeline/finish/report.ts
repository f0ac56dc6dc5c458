/**
 * Writes report.html of a finished run.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { basename, resolve } from "node:path";
import { exists, replaceFile } from "../../model/durable.ts";
import {
  readRun,
  renderReport,
  type ReportCourse,
  type ReportVerdict,
} from "../../dashboard/mod.ts";
import type { JournalReader } from "../../stages/journal/mod.ts";
import { findBottleneck, type StatusFile } from "../../stages/report/mod.ts";
import type { StoreReader } from "../../stages/store/mod.ts";
import type { RunPaths, RunSettings } from "../../run/folder.ts";
import { commandLine } from "../../run/settings/command_line.ts";
import { quoted } from "../../run/stopped.ts";

/** Contents of the report beyond the run's files. */
export interface RunReportParts {
  readonly settings: RunSettings;
  readonly journal: JournalReader;
  readonly store: StoreReader;
  readonly vocabSize: number;
  readonly course: ReportCourse;
  readonly verdict?: ReportVerdict;
}

/** Writes the page; returns its path. */
export async function writeRunReport(paths: RunPaths, parts: RunReportParts): Promise<string> {
  const { journal, store, vocabSize, course, settings } = parts;
  const name = basename(resolve(paths.root));
  const run = await readRun({ name, dir: paths.root });
  const status = run.status as StatusFile | null;
  // The bottleneck of the whole session; a live run shows that of the last seconds.
  const bottleneck = status && findBottleneck([], status.stages);
  const last = run.last as { step?: number; totalTokens?: number } | null;
  const count = (value: number | undefined) => (value ?? 0).toLocaleString("en");
  const validation = run.lastValidation;
  const loss = validation?.validationLoss;
  const bits = validation?.validationBitsPerByte;
  const facts: [string, string][] = [
    ["Steps", describeSteps(count(last?.step), course)],
    ["Tokens trained on", count(last?.totalTokens)],
    [
      "Passes",
      `${course.passes.toFixed(2)} over ${count(course.documents)} of ` +
      `${count(store.count("train"))} documents to train on`,
    ],
    ...(status?.parameters === undefined
      ? []
      : [["Parameters", count(status.parameters)] as [string, string]]),
    ["Validation loss", loss?.toFixed(4) ?? "none held out"],
    ...(typeof loss === "number"
      ? [["Validation perplexity", Math.exp(loss).toFixed(1)] as [string, string]]
      : []),
    ...(typeof bits === "number"
      ? [["Validation bits per byte", bits.toFixed(3)] as [string, string]]
      : []),
    ["Documents", count(journal.count)],
    ["Bytes of text", count(journal.bytes)],
    [
      "Tokens of text, held-out ones included",
      count(store.tokens("train") + store.tokens("validation")),
    ],
    ["Vocabulary", count(vocabSize)],
  ];
  const page = renderReport({
    name,
    run: { ...run, status: status && { ...status, bottleneck } },
    facts,
    dropped: await countDrops(paths.drops),
    reproduce: commandLine({ settings, root: paths.root }),
    serve: `deno task serve --run ${quoted(paths.root)}`,
    course,
    ...(parts.verdict && { verdict: parts.verdict }),
  });
  await replaceFile(paths.report, page);
  return paths.report;
}

function describeSteps(steps: string, { endedEarlyOf }: ReportCourse): string {
  return endedEarlyOf === undefined
    ? steps
    : `${steps} of ${endedEarlyOf.toLocaleString("en")}: stopped early`;
}

/** The drops of all sessions by reason, as dropped.jsonl lists them. */
async function countDrops(path: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  if (!await exists(path)) return counts;
  const file = await Deno.open(path);
  const lines = file.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    // After a crash, a torn line may contain the next one. Quotes inside a value are escaped.
    for (const [, reason = ""] of line.matchAll(/"reason":"([^"]+)"/g)) {
      const [, more = 1] = /"count":(\d+)\}$/.exec(line) ?? [];
      counts[reason] = (counts[reason] ?? 0) + Number(more);
    }
  }
  return counts;
}
