/**
 * What a sandbox needs of a reader of documents, be it a process or a thread.
 *
 * @module
 */
import type { Answer, Request } from "./sandboxed/task.ts";

/** What takes documents apart, one at a time. */
export interface DocumentReader {
  /** Its answer. @throws {Error} where it has ended instead */
  ask(request: Request): Promise<Answer>;
  /** Ends it, whatever it is doing. */
  end(): Promise<void>;
}
