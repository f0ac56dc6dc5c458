/**
 * `trace`: which documents a step trained on, and which steps trained on a document.
 *
 * @module
 */
import { latestCheckpoint, readCheckpointInfo } from "../model/checkpoint/mod.ts";
import type { Cursor, Document } from "../stages/types.ts";
import type { Command } from "./command.ts";
import { number, parseFlags, text, toggle, UsageError } from "./flags.ts";
import { journalIndexOf, splitOf, trainIndexOf } from "./held_out.ts";
import { replayDocuments } from "./lineage.ts";
import { type OpenRun, openRun, runOperand } from "./open_run.ts";

const FLAGS = {
  step: number({
    help: "list the documents in the batch of this step (default: none)",
    min: 1,
    defaultValue: undefined,
  }),
  document: text({
    help: "list the steps that trained on this document (default: none)",
    value: "ID|URL",
    defaultValue: undefined,
  }),
  json: toggle({ help: "one JSON object a line" }),
};

/** The `trace` command. */
export const trace: Command = {
  name: "trace",
  summary: "Follows a step of a run back to its documents, or a document to its steps.",
  operands: "[RUN]",
  flags: FLAGS,
  async run(args) {
    const { values: { step, document, json }, operands } = parseFlags(args, { flags: FLAGS });
    if ((step === undefined) === (document === undefined)) {
      throw new UsageError("Cannot trace: give either --step N or --document ID");
    }
    const root = runOperand(operands, { command: "trace" });
    await using run = await openRun(root);
    const trained = await readTrained(run, root);
    const lines = step === undefined
      ? traceDocument(trained, document as string, json)
      : traceStep(trained, step, json);
    for await (const line of lines) console.log(line);
    return 0;
  },
};

/** What of a run was trained on. */
interface Trained extends Pick<OpenRun, "journal"> {
  readonly root: string;
  readonly store: NonNullable<OpenRun["store"]>;
  readonly cursor: Cursor;
  /** Steps done. */
  readonly steps: number;
}

async function readTrained({ paths, journal, store }: OpenRun, root: string): Promise<Trained> {
  const newest = await latestCheckpoint(paths.checkpoints);
  if (newest === undefined || !store) {
    throw new UsageError(`Cannot trace ${root}: it has no checkpoint yet; go on with the run`);
  }
  const { step, cursors: { batch: cursor } } = await readCheckpointInfo(newest);
  // Written by our own batch stage, whose state only that stage reads.
  return { root, journal, store, steps: step, cursor: cursor as Cursor };
}

/** A line for each document of the step's batch, the one with most tokens first. */
async function* traceStep(
  { root, journal, store, cursor, steps }: Trained,
  step: number,
  json: boolean,
): AsyncGenerator<string, void> {
  if (step > steps) {
    throw new UsageError(`Cannot trace --step ${step}: ${root} has been saved at step ${steps}`);
  }
  let tokens: ReadonlyMap<number, number> = new Map();
  for await (tokens of replayDocuments({ store, cursor, steps: step }));
  const places = [...tokens].sort(([a, m], [b, n]) => n - m || a - b);
  for (const [index, scored] of places) {
    const document = await documentAt(journal, journalIndexOf(index));
    const { id = "?", url = "?", title = "" } = document ?? {};
    yield json
      ? JSON.stringify({ step, id, url, title, tokens: scored })
      : `${id}  ${String(scored).padStart(6)} tokens  ${url}`;
  }
}

/** A line for each step that trained on the document. */
async function* traceDocument(
  { root, journal, store, cursor, steps }: Trained,
  wanted: string,
  json: boolean,
): AsyncGenerator<string, void> {
  let index = 0;
  let found: Document | undefined;
  for await (const document of journal.documents()) {
    if (document.id === wanted || document.url === wanted) {
      found = document;
      break;
    }
    index++;
  }
  if (!found) {
    throw new UsageError(`Cannot trace --document ${wanted}: ${root} has no such id or address`);
  }
  const { id, url } = found;
  if (splitOf(index) === "validation") {
    if (!json) yield `${id}  ${url}  is held out: no step trains on it`;
    return;
  }
  const place = trainIndexOf(index);
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

async function documentAt(
  journal: Trained["journal"],
  index: number,
): Promise<Document | undefined> {
  for await (const document of journal.documents({ from: index })) return document;
  return undefined;
}
