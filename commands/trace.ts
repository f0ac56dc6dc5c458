/**
 * `trace`: which documents a step trained on, and which steps trained on a document.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { latestCheckpoint, readCheckpointInfo } from "../model/checkpoint/mod.ts";
import type { Cursor, Document } from "../stages/types.ts";
import { type Command, command } from "../cli/command.ts";
import { group, jsonToggle, number, text, UsageError } from "../cli/flags.ts";
import { trainDocuments } from "../run/held_out.ts";
import { type HoldOutRule, splitter } from "../run/hold_out.ts";
import { replayDocuments } from "../run/lineage.ts";
import { type OpenRun, openRun, RUN_FLAG, runOperand } from "../run/open.ts";
import { say } from "../cli/print.ts";

const FLAGS = {
  ...RUN_FLAG,
  ...group("What to trace", {
    step: number({
      help: "list the documents in the batch of this step (default: none)",
      min: 1,
    }),
    document: text({
      help: "list the steps that trained on this document (default: none)",
      value: "ID|URL|FILE",
    }),
  }),
  json: jsonToggle("a line"),
};

/** The `trace` command. */
export const trace: Command = command({
  name: "trace",
  summary: "Traces a training step to its documents, or a document to its steps.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    "deno task trace runs/mine --step 100",
    "deno task trace runs/mine --document https://example.org/docs/",
  ],
  async run({ values: { step, document, json, run: folder }, operands }) {
    if ((step === undefined) === (document === undefined)) {
      throw new UsageError("Cannot trace: give either --step N or --document ID");
    }
    const root = runOperand(operands, { command: "trace", run: folder });
    await using run = await openRun(root);
    const trained = await readTrained(run, root);
    const lines = step === undefined
      ? traceDocument(trained, document as string, json)
      : traceStep(trained, step, json);
    for await (const line of lines) say(line);
    return 0;
  },
});

/** What of a run was trained on. */
interface Trained extends Pick<OpenRun, "journal"> {
  readonly root: string;
  readonly rule: HoldOutRule;
  readonly store: NonNullable<OpenRun["store"]>;
  readonly cursor: Cursor;
  /** Steps done. */
  readonly steps: number;
}

async function readTrained(
  { paths, settings, journal, store }: OpenRun,
  root: string,
): Promise<Trained> {
  const newest = await latestCheckpoint(paths.checkpoints);
  if (newest === undefined || !store) {
    throw new UsageError(`Cannot trace ${root}: it has no checkpoint yet; go on with the run`);
  }
  const { step, cursors: { batch: cursor } } = await readCheckpointInfo(newest);
  // Written by our own batch stage, whose state only that stage reads.
  return { root, rule: settings.holdOut, journal, store, steps: step, cursor: cursor as Cursor };
}

/** A line for each document of the step's batch, the one with most tokens first. */
async function* traceStep(
  { root, rule, journal, store, cursor, steps }: Trained,
  step: number,
  json: boolean,
): AsyncGenerator<string, void> {
  if (step > steps) {
    throw new UsageError(`Cannot trace --step ${step}: ${root} has been saved at step ${steps}`);
  }
  let tokens: ReadonlyMap<number, number> = new Map();
  for await (tokens of replayDocuments({ store, cursor, steps: step }));
  const found: { document: Document; scored: number }[] = [];
  for await (const { place, document } of trainDocuments({ journal, rule })) {
    const scored = tokens.get(place);
    if (scored !== undefined) found.push({ document, scored });
    if (found.length === tokens.size) break;
  }
  for (const { document, scored } of found.sort((a, b) => b.scored - a.scored)) {
    const { id, url, title } = document;
    yield json
      ? JSON.stringify({ step, id, url, title, tokens: scored, ...originOf(document) })
      : `${id}  ${String(scored).padStart(6)} tokens  ${url}`;
  }
}

/** A line for each step that trained on the document. */
async function* traceDocument(
  { root, rule, journal, store, cursor, steps }: Trained,
  wanted: string,
  json: boolean,
): AsyncGenerator<string, void> {
  const { document, place } = await findDocument({ journal, rule, root }, wanted);
  const { id, url } = document;
  if (!json) yield* describeOrigin(document);
  if (place === undefined) {
    if (!json) yield `${id}  ${url}  is held out: no step trains on it`;
    return;
  }
  let step = 0;
  for await (const tokens of replayDocuments({ store, cursor, steps })) {
    step++;
    const scored = tokens.get(place);
    if (scored === undefined) continue;
    yield json
      ? JSON.stringify({ step, id, url, tokens: scored })
      : `step ${String(step).padStart(6)}  ${String(scored).padStart(6)} tokens`;
  }
}

/** Where a document came from, and what was measured before it was kept. */
function originOf(
  { fetchedAt, renderedBy, contentHash, lang, language, warc, scores }: Document,
) {
  return { fetchedAt, renderedBy, contentHash, lang, language, warc, scores };
}

/** {@linkcode originOf} for people, a line a value; what is not known has none. */
function* describeOrigin(document: Document): Generator<string, void> {
  const { scores = {}, warc, fetchedAt, renderedBy, contentHash, lang, language } = originOf(
    document,
  );
  const values = {
    "address": document.url,
    "fetched": fetchedAt,
    "scripts run by": renderedBy,
    "SHA-256": contentHash,
    "language declared": lang === "und" ? undefined : lang,
    "language detected": language,
    "WARC": warc && `${warc.file} at byte ${warc.offset}`,
    ...scores,
  };
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) yield `${name.padEnd(width)}  ${value}`;
  }
}

/** A document of the journal, and its place in the train split where it is not held out. */
async function findDocument(
  { journal, rule, root }: Pick<Trained, "journal" | "rule" | "root">,
  wanted: string,
): Promise<{ document: Document; place: number | undefined }> {
  const splitOf = splitter(rule);
  const file = fileUrlOf(wanted);
  let index = 0, place = 0;
  for await (const document of journal.documents()) {
    const isTrain = splitOf(index++, document) === "train";
    const { id, url } = document;
    if (id === wanted || url === wanted || url === file) {
      return { document, place: isTrain ? place : undefined };
    }
    if (isTrain) place++;
  }
  throw new UsageError(
    `Cannot trace --document ${wanted}: ${root} has no such id, address or file`,
  );
}

/** The address of a document that came from the file at `path`, or from a part `#line=2` of it. */
function fileUrlOf(path: string): string {
  const [, file = path, part = ""] = /^(.*?)(#\w+=.*)?$/s.exec(path) ?? [];
  return pathToFileURL(resolve(file)).href + part;
}
