/**
 * Pages out of tables of text, one a row.
 *
 * @module
 */
import { CsvError, parse } from "csv-parse";
import type { Page } from "../types.ts";
import { ByteReader } from "./byte_reader.ts";
import { asUtf8 } from "./bytes.ts";
import { ReadFailure } from "./failure.ts";
import { pageAt, type PageOptions, PLAIN } from "./page_options.ts";
import type { TextSource } from "./text_pages.ts";

/** What may stand between the fields; the first of those that are as frequent. */
const DELIMITERS = [",", ";", "\t", "|"];
/** Bytes of the first line that are looked at. */
const LOOK_BYTES = 16 * 1024;

const ENCODER = new TextEncoder();

/**
 * The texts in the column `textField`; the first row has the names of the columns.
 *
 * @throws {ReadFailure} without such a column, and where the rows cannot be told apart any more
 */
export async function* csvPages(
  { url, content }: TextSource,
  { textField, maxFileBytes, drop }: PageOptions,
): AsyncGenerator<Page> {
  let column = -1, row = 0;
  try {
    for await (const fields of rowsOf(content, maxFileBytes)) {
      if (column < 0) {
        column = columnOf(fields, textField);
        continue;
      }
      const at = `${url}#row=${++row}`;
      const field = fields[column];
      if (field !== undefined) {
        yield pageAt(at, { body: ENCODER.encode(field), contentType: PLAIN });
      } else {
        drop({ item: at, reason: "malformed", detail: `the row ends before "${textField}"` });
      }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const isLong = error.code === "CSV_MAX_RECORD_SIZE";
    const why = isLong ? `is longer than ${maxFileBytes} bytes` : `cannot be read`;
    throw new ReadFailure(
      isLong ? "too-large" : "malformed",
      `what follows row ${row} ${why}, and the rest is not read: ${error.message}`,
      { cause: error },
    );
  }
}

/** The rows, those before an error first. @throws {CsvError} */
async function* rowsOf(
  content: AsyncIterable<Uint8Array>,
  maxRowBytes: number,
): AsyncGenerator<string[]> {
  const text = new ByteReader(asUtf8(content));
  let rows: string[][] = [];
  const parser = parse({
    ...{ bom: true, delimiter: delimiterOf(await text.peek(LOOK_BYTES)) },
    max_record_size: maxRowBytes,
    // What other programs write and read without complaint.
    ...{ relax_quotes: true, relax_column_count: true, skip_empty_lines: true },
    // Taken at once: its own queue is emptied by an error.
    on_record(row: string[]) {
      rows.push(row);
      return null;
    },
  });
  // Errors come by the calls below.
  parser.on("error", () => {});
  try {
    for (let isOver = false; !isOver;) {
      const chunk = await text.some(LOOK_BYTES);
      isOver = chunk.byteLength === 0;
      const error = await new Promise<unknown>((resolve) => {
        if (isOver) parser.end(resolve);
        else parser.write(chunk, resolve);
      });
      yield* rows;
      rows = [];
      if (error) throw error;
    }
  } finally {
    parser.destroy();
    await text.close();
  }
}

/** The delimiter that is most frequent in the first line, outside of quotes. */
function delimiterOf(head: Uint8Array): string {
  const bare = new TextDecoder().decode(head).replace(/"[^"]*"/g, "");
  const [line = ""] = bare.trimStart().split(/[\r\n]/, 1);
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

function columnOf(names: readonly string[], textField: string): number {
  const column = names.findIndex((name) => name.trim() === textField);
  if (column >= 0) return column;
  throw new ReadFailure(
    "malformed",
    `no column "${textField}"; name one of ${names.slice(0, 20).join(", ")} with --text-field`,
  );
}
