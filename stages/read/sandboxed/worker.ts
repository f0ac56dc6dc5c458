/**
 * The reading thread: takes documents apart, one at a time.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { ReadFailure } from "../failure.ts";
import { budgetOf, withinBudget } from "./budget.ts";
import type { Answer, Piece, Request, Task } from "./task.ts";

/** Bytes of pages, and pages, in one answer. */
const ANSWER_BYTES = 2 ** 20;
const ANSWER_PIECES = 256;

/** The reader of a format, loaded when it is wanted. */
async function* read(task: Task): AsyncGenerator<Piece> {
  switch (task.format) {
    case "pdf":
      return yield* (await import("./pdf.ts")).readPdf(task);
    case "zip":
      return yield* (await import("./container.ts")).readContainer(task);
    case "eml":
      return yield* (await import("./mail.ts")).readMail(task);
    case "parquet":
      return yield* (await import("./parquet.ts")).readParquet(task, readRange);
  }
}

/** What a document gives, within its bounds. */
function begin(task: Task): AsyncGenerator<Piece> {
  const sourceBytes = "bytes" in task ? task.bytes.byteLength : task.fileBytes;
  return withinBudget(read(task), budgetOf(task, sourceBytes));
}

async function some(pieces: AsyncGenerator<Piece>): Promise<Answer> {
  const taken: Piece[] = [];
  let bytes = 0;
  try {
    while (bytes < ANSWER_BYTES && taken.length < ANSWER_PIECES) {
      const { done, value } = await pieces.next();
      if (done) return { pieces: taken, isLast: true };
      taken.push(value);
      if ("body" in value) bytes += value.body.byteLength;
    }
    return { pieces: taken, isLast: false };
  } catch (error) {
    if (error instanceof ReadFailure) return { reason: error.reason, message: error.message };
    // Libraries say in many ways that they cannot read what they were given.
    const said = error instanceof Error ? error.message : String(error);
    const message = said.split("\n")[0]?.slice(0, 200) || "its reader gives no reason";
    return { reason: "malformed", message };
  }
}

/** Who waits for ranges of the file, in the order in which they asked. */
const waiting: {
  readonly range: { readonly start: number; readonly end: number };
  readonly resolve: (bytes: Uint8Array<ArrayBuffer>) => void;
}[] = [];

/** Asks for a range of the file; for one after the other. */
function readRange(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  waiting.push({ range: { start, end }, resolve });
  if (waiting.length === 1) askForRange();
  return promise;
}

function askForRange(): void {
  const [next] = waiting;
  if (next) parentPort?.postMessage({ range: next.range } satisfies Answer);
}

let pieces: AsyncGenerator<Piece> | undefined;
parentPort?.on("message", async (request: Request) => {
  if (typeof request === "object" && "bytes" in request) {
    waiting.shift()?.resolve(request.bytes);
    return askForRange();
  }
  if (typeof request === "object") pieces = begin(request.begin);
  if (pieces !== undefined) parentPort?.postMessage(await some(pieces));
});
