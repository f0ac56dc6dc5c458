/**
 * Documents as a file: JSON lines, plain or gzipped, or Parquet.
 *
 * @module
 */
import { writeWhole } from "../../model/durable.ts";
import type { Document } from "../../stages/types.ts";
import { UsageError } from "../../cli/flags.ts";
import { writeParquet } from "./parquet_file.ts";

/** Formats of a file of documents, by the ending of its name. */
const ENDINGS = { ".jsonl": "jsonl", ".jsonl.gz": "jsonl.gz", ".parquet": "parquet" } as const;

/** Format of a file of documents. */
export type DocumentFormat = (typeof ENDINGS)[keyof typeof ENDINGS];

/** The format of a file by its name; a `UsageError` where its ending is unknown. */
export function documentFormat(path: string): DocumentFormat {
  for (const [ending, format] of Object.entries(ENDINGS)) if (path.endsWith(ending)) return format;
  throw new UsageError(
    `Cannot write ${path}: its name must end in one of ${Object.keys(ENDINGS).join(", ")}`,
  );
}

/** Documents as JSON lines, one document each, mapped as text by `shown`. */
export function jsonLines(
  shown: (line: string) => string = (line) => line,
): TransformStream<Document, Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return new TransformStream({
    transform(document, controller) {
      controller.enqueue(encoder.encode(`${shown(JSON.stringify(document))}\n`));
    },
  });
}

/**
 * Writes documents to `path`, which appears there only once it is whole. When `documents` fails or the
 * disk is full, an earlier file of that name is unchanged.
 *
 * @returns once the file is on the disk
 */
export async function writeDocuments(
  documents: ReadableStream<Document>,
  { path, format }: { path: string; format: DocumentFormat },
): Promise<void> {
  await writeWhole(path, async (put) => {
    if (format === "parquet") return await writeParquet(documents, put);
    const lines = documents.pipeThrough(jsonLines());
    const bytes = format === "jsonl" ? lines : lines.pipeThrough(new CompressionStream("gzip"));
    for await (const chunk of bytes) await put(chunk);
  });
}
