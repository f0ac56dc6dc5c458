/**
 * How files become pages.
 *
 * @module
 */
import type { Page } from "../types.ts";
import type { Sandbox } from "./sandbox.ts";
import type { OnDrop } from "./walk.ts";

export { PLAIN } from "./sandboxed/task.ts";

/** What every reader of a format is given. */
export interface PageOptions {
  /** Field of a JSONL record, or column of a table, that holds the text. */
  readonly textField: string;
  /** Cap on a web page, an archived response and a record. */
  readonly maxFileBytes: number;
  /** Cap on a document that is read whole. */
  readonly maxDocumentBytes: number;
  /** Where such documents are taken apart. */
  readonly sandbox: Sandbox;
  /** Cap on one page of a long text file. */
  readonly maxPartBytes: number;
  readonly drop: OnDrop;
  /** Ends the reading of standard input. */
  readonly signal?: AbortSignal | undefined;
}

/** A page of something read just now. */
export function pageAt(
  url: string,
  { body, contentType }: Pick<Page, "body" | "contentType">,
): Page {
  return { url, contentType, body, fetchedAt: new Date().toISOString() };
}
