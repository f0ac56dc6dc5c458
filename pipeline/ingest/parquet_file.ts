/**
 * Documents as a table in Apache Parquet.
 *
 * @module
 */
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { Put } from "../../model/durable.ts";
import type { Document } from "../../stages/types.ts";

/** Text of documents in one row group of Parquet, in UTF-16 code units. */
const ROW_GROUP_CHARS = 16 * 2 ** 20;

/** Columns of the table; structured values are JSON. */
const COLUMNS = {
  id: "STRING",
  url: "STRING",
  title: "STRING",
  text: "STRING",
  lang: "STRING",
  language: "STRING",
  author: "STRING",
  date: "STRING",
  description: "STRING",
  siteName: "STRING",
  license: "STRING",
  tags: "JSON",
  fetchedAt: "STRING",
  contentHash: "STRING",
  warc: "JSON",
  scores: "JSON",
} as const satisfies Partial<Record<keyof Document, "STRING" | "JSON">>;

/** Rows as columns, in the order of {@linkcode COLUMNS}. */
function columnsOf(rows: readonly Document[]) {
  return Object.entries(COLUMNS).map(([name, type]) => ({
    name,
    type,
    nullable: true,
    data: rows.map((row) => row[name as keyof typeof COLUMNS] ?? null),
  }));
}

/** Writes documents as Parquet, one row group at a time. */
export async function writeParquet(documents: ReadableStream<Document>, put: Put): Promise<void> {
  const writer = new ByteWriter();
  const schema = [
    { name: "root", num_children: Object.keys(COLUMNS).length },
    ...Object.entries(COLUMNS).map(([name, type]) => ({
      name,
      type: "BYTE_ARRAY" as const,
      converted_type: type === "JSON" ? "JSON" as const : "UTF8" as const,
      repetition_type: "OPTIONAL" as const,
    })),
  ];
  const parquet = new ParquetWriter({ writer, schema });
  const drain = async () => {
    await put(writer.getBytes());
    // Offsets count from the start of the file.
    writer.index = 0;
  };
  let rows: Document[] = [], chars = 0;
  const writeRows = async () => {
    await parquet.write({ columnData: columnsOf(rows), rowGroupSize: rows.length });
    await drain();
    rows = [];
    chars = 0;
  };
  for await (const document of documents) {
    rows.push(document);
    chars += document.text.length;
    if (chars >= ROW_GROUP_CHARS) await writeRows();
  }
  if (rows.length > 0) await writeRows();
  await parquet.finish();
  await drain();
}
