/**
 * What the reader of documents is asked and answers.
 *
 * @module
 */
import type { DropReason } from "../../meter.ts";
import type { Page } from "../../types.ts";

/** A document to read whole, or a table to read by row groups. */
export type Task =
  & {
    /** Cap on everything that is unpacked from it, and on its text. */
    readonly maxUnpackedBytes: number;
    /** Cap on one page of a long text. */
    readonly maxPartBytes: number;
    /** Column that holds the text. */
    readonly textField: string;
  }
  & (
    | {
      readonly format: "pdf" | "zip" | "eml" | "parquet";
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
    /** A file whose ranges are asked for. */
    | {
      readonly format: "parquet";
      readonly fileBytes: number;
      /** Only the row groups that begin between these bytes; all without it. */
      readonly within?: { readonly start: number; readonly end: number };
    }
  );

/** A document in an archive, and the path of the part in it that names all others. */
export type ReadTask = Task & { readonly main: string };

/** A page out of a document. */
export interface SandboxedPage extends Pick<Page, "contentType" | "body" | "declared"> {
  /** Which part of the document it is; empty where it is all of it. */
  readonly part: string;
}

/** A part of a document that cannot be read. */
export interface SandboxedDrop {
  readonly part: string;
  readonly reason: DropReason;
  readonly message: string;
}

/** What comes out of a document. */
export type Piece = SandboxedPage | SandboxedDrop;

/** Begins a document, asks for more of it, or has the range that was asked for. */
export type Request =
  | { readonly begin: Task }
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | "more";

/** What is handed on of a request, and not copied: documents are large. */
export function buffersOf(request: Request): ArrayBuffer[] {
  if (request === "more") return [];
  if ("bytes" in request) return [request.bytes.buffer];
  return "bytes" in request.begin ? [request.begin.bytes.buffer] : [];
}

/** Some pieces, or why there are none, or what of the file is needed to go on. */
export type Answer =
  | { readonly range: { readonly start: number; readonly end: number } }
  | { readonly pieces: readonly Piece[]; readonly isLast: boolean }
  | { readonly reason: DropReason; readonly message: string };

/** The media type of text that the read stage has turned into UTF-8. */
export const PLAIN = "text/plain; charset=utf-8";
/** The media type of markup that the thread has made. */
export const HTML = "text/html; charset=utf-8";
