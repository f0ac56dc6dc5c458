/**
 * Readers of formats that are read whole run apart from the rest, under a limit of time and memory: a
 * document that would keep them busy without end costs that document only.
 *
 * @module
 */
import { ReadFailure } from "./failure.ts";
import type { DocumentReader } from "./document_reader.ts";
import { findDeno, startProcess } from "./reader_process.ts";
import { startThread } from "./reader_thread.ts";
import type { Answer, Piece, Request, Task } from "./sandboxed/task.ts";

/** A document, or the path of a table that is read range by range. */
export type SandboxTask =
  | Extract<Task, { bytes: unknown }>
  | Omit<Extract<Task, { fileBytes: unknown }>, "fileBytes"> & { readonly path: string };

async function startReader(): Promise<DocumentReader> {
  const deno = await findDeno();
  return deno === undefined ? startThread() : startProcess(deno);
}

/** The reader, started with the first document: a process, or a thread where none may be started. */
export class Sandbox implements AsyncDisposable {
  readonly #timeoutMs: number;
  #reader: DocumentReader | undefined;

  /** `timeoutMs` is what it may take until it hands on something. */
  constructor({ timeoutMs }: { timeoutMs: number }) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * What is in the document of a task. Its bytes are gone afterwards.
   *
   * @throws {ReadFailure} where it cannot be read, or not in time
   */
  async *pieces(task: SandboxTask): AsyncGenerator<Piece> {
    const reader = this.#reader ??= await startReader();
    using file = "path" in task ? Deno.openSync(task.path) : undefined;
    let isOver = false;
    try {
      const begin = "path" in task ? wireTask(task, file) : task;
      let since = performance.now();
      for (let request: Request = { begin }; !isOver;) {
        const answer = await this.#ask(reader, { request, since });
        if ("reason" in answer) {
          isOver = true;
          throw new ReadFailure(answer.reason, answer.message);
        }
        if ("range" in answer) {
          request = { bytes: file ? readRange(file, answer.range) : new Uint8Array() };
          continue;
        }
        isOver = answer.isLast;
        yield* answer.pieces;
        request = "more";
        since = performance.now();
      }
    } finally {
      // What nobody waits for any more must not answer the next task.
      if (!isOver) await this[Symbol.asyncDispose]();
    }
  }

  async #ask(
    reader: DocumentReader,
    { request, since }: { request: Request; since: number },
  ): Promise<Answer> {
    const { promise, reject } = Promise.withResolvers<never>();
    const seconds = this.#timeoutMs / 1000;
    const timer = setTimeout(
      () => reject(new ReadFailure("timeout", `reading it took longer than ${seconds} seconds`)),
      Math.max(0, this.#timeoutMs - (performance.now() - since)),
    );
    try {
      const answered = reader.ask(request).catch((cause) => {
        throw new ReadFailure("malformed", "its reader broke down over it", { cause });
      });
      return await Promise.race([answered, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the reader. */
  async [Symbol.asyncDispose](): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.end();
  }
}

function wireTask(
  { path: _, ...task }: Extract<SandboxTask, { path: string }>,
  file: Deno.FsFile | undefined,
): Task {
  return { ...task, fileBytes: file?.statSync().size ?? 0 };
}

/** Longest range that a reader is given. */
const MAX_RANGE_BYTES = 2 ** 30;

function readRange(
  file: Deno.FsFile,
  { start, end }: { start: number; end: number },
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.min(MAX_RANGE_BYTES, Math.max(0, end - start)));
  file.seekSync(start, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.length) {
    const read = file.readSync(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
