/**
 * Pages out of documents that are read whole, and out of Parquet tables.
 *
 * @module
 */
import type { Page } from "../types.ts";
import { ReadFailure } from "./failure.ts";
import type { PageOptions } from "./page_options.ts";
import type { SandboxTask } from "./sandbox.ts";
import type { Task } from "./sandboxed/task.ts";

/** A document that is read whole. */
export type SandboxedSource =
  | { readonly format: Task["format"]; readonly bytes: Uint8Array<ArrayBuffer> }
  | {
    readonly format: "parquet";
    readonly path: string;
    /** Only the row groups that begin between these bytes. */
    readonly within?: { readonly start: number; readonly end: number };
  };

/** Cap on what one document unpacks to, and on its text. */
const MAX_UNPACKED_BYTES = 64 * 2 ** 20;

/**
 * The pages in a document, under its address `url`; parts that cannot be read are dropped.
 *
 * @throws {ReadFailure} where none of it can be read
 */
export async function* sandboxedPages(
  source: SandboxedSource,
  { url, fetchedAt, sandbox, textField, maxPartBytes, drop }:
    & PageOptions
    & Pick<Page, "url" | "fetchedAt">,
): AsyncGenerator<Page> {
  const limits = { maxUnpackedBytes: MAX_UNPACKED_BYTES, maxPartBytes };
  let isEmpty = true;
  for await (
    const piece of sandbox.pieces({ ...source, ...limits, textField } satisfies SandboxTask)
  ) {
    isEmpty = false;
    const at = piece.part === "" ? url : `${url}#${piece.part}`;
    if ("reason" in piece) drop({ item: at, reason: piece.reason, detail: piece.message });
    else {
      const { contentType, body, declared } = piece;
      yield { url: at, contentType, body, fetchedAt, ...(declared && { declared }) };
    }
  }
  if (isEmpty && !("within" in source)) throw new ReadFailure("no-text", "there is no text in it");
}
