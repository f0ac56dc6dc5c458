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
import { bareName } from "./format.ts";
import { pageAt, type PageOptions, PLAIN } from "./page_options.ts";
import { encodeText } from "./sandboxed/text.ts";
import type { TextSource } from "./text_pages.ts";

/** What may stand between the fields; the first of those that are as frequent. */
const DELIMITERS = [",", ";", "\t", "|"];
/** Between the fields of a table of one column, which has none. */
const NONE = "\0";
/** Bytes of the first line that are looked at. */
const LOOK_BYTES = 16 * 1024;

const LATIN1 = new TextDecoder("latin1");

/**
 * The texts in the column `textField`; the first row has the names of the columns.
 *
 * @throws {ReadFailure} without such a column, and where the rows cannot be told apart any more
 */
export async function* csvPages(
  { url, content }: TextSource,
  { textField, maxFileBytes, drop }: PageOptions,
): AsyncGenerator<Page> {
  let names: readonly string[] = [];
  let column = -1, row = 0;
  try {
    for await (const fields of rowsOf(content, { maxRowBytes: maxFileBytes, isTsv: isTsv(url) })) {
      if (column < 0) {
        column = columnOf(fields, textField);
        names = fields;
        continue;
      }
      const at = `${url}#row=${++row}`;
      const field = fields[column];
      const detail = fields.length > names.length && !isBlank(fields.slice(names.length))
        ? `the row has ${fields.length} fields, the first row ${names.length}; quote its text`
        : field === undefined
        ? `the row ends before "${textField}"`
        : undefined;
      if (detail !== undefined) drop({ item: at, reason: "malformed", detail });
      else yield pageAt(at, { body: encodeText(field ?? ""), contentType: PLAIN });
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
  { maxRowBytes, isTsv }: { maxRowBytes: number; isTsv: boolean },
): AsyncGenerator<string[]> {
  const text = new ByteReader(asUtf8(content));
  let rows: string[][] = [];
  const { delimiter, before } = beginningOf(await text.peek(LOOK_BYTES), isTsv);
  await text.skip(before);
  const parser = parse({
    bom: true,
    delimiter,
    max_record_size: maxRowBytes,
    // What other programs write and read without complaint.
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
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

/** What stands between the fields, and the bytes before the first row. */
function beginningOf(head: Uint8Array, isTsv: boolean): { delimiter: string; before: number } {
  const text = LATIN1.decode(head);
  // Spreadsheets are told the delimiter so; the line is no row.
  const [line, told] = /^(?:\xef\xbb\xbf)?"?sep=(.)"?\r?\n/i.exec(text) ?? [];
  if (line !== undefined && told !== undefined) return { delimiter: told, before: line.length };
  return { delimiter: delimiterOf(text.replace(/^\xef\xbb\xbf/, ""), isTsv), before: 0 };
}

/** The delimiter that is most frequent in the first row, outside of quotes. */
function delimiterOf(text: string, isTsv: boolean): string {
  const bare = text.replace(/"[^"]*"/g, "").replace(/^[\r\n]+/, "");
  const [line = ""] = bare.split(/[\r\n]/, 1);
  if (isTsv && line.includes("\t")) return "\t";
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length - 1);
  const most = Math.max(...counts);
  return most === 0 ? NONE : DELIMITERS[counts.indexOf(most)] ?? NONE;
}

const isBlank = (fields: readonly string[]) => fields.every((field) => field.trim() === "");
const isTsv = (url: string) => /\.tsv$/i.test(bareName(url));

function columnOf(names: readonly string[], textField: string): number {
  const column = names.findIndex((name) => name.trim() === textField);
  if (column >= 0) return column;
  throw new ReadFailure(
    "malformed",
    `it has no column "${textField}" but ${
      names.slice(0, 20).join(", ")
    }; name the one with the text ` +
      `by --text-field`,
  );
}
