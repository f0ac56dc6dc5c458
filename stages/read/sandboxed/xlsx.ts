/**
 * The cells of a spreadsheet: a line a row, the cells apart by tabs; a document a sheet.
 *
 * @module
 */
import { posix } from "node:path";
import { ReadFailure } from "../failure.ts";
import { unescapeXstring, walkOffice } from "./office_xml.ts";
import { textParts } from "./parts.ts";
import { relationsOf, relationTo } from "./relations.ts";
import { readProperties } from "./properties.ts";
import type { ReadTask, SandboxedPage } from "./task.ts";
import type { Files } from "./unzip.ts";

/** The sheets in their order, each one document. */
export async function* readXlsx(files: Files, task: ReadTask): AsyncGenerator<SandboxedPage> {
  const paths = relationsOf(files, task.main);
  // Where nothing names it, it lies where all programs put it.
  const strings = relationTo(files, { from: task.main, type: "sharedStrings" }) ??
    posix.join(posix.dirname(task.main), "sharedStrings.xml");
  const shared = sharedStrings(files.get(strings));
  const about = readProperties(files.get("docProps/core.xml"));
  let left = task.maxUnpackedBytes;
  for (const { name, id } of sheetsOf(files.get(task.main))) {
    const sheet = files.get(paths.get(id) ?? "");
    if (sheet === undefined) continue;
    const text = rowsOf(sheet, { shared, maxChars: left });
    left -= text.length;
    if (text === "") continue;
    for await (const page of textParts([text], { ...task, declared: { ...about, title: name } })) {
      const part = `sheet=${encodeURIComponent(name)}`;
      yield { ...page, part: page.part === "" ? part : `${part}&${page.part}` };
    }
  }
}

function sheetsOf(workbook: Uint8Array | undefined): { name: string; id: string }[] {
  const sheets: { name: string; id: string }[] = [];
  walkOffice(workbook ?? new Uint8Array(), {
    open(element, { name, id }) {
      if (element === "sheet" && name !== undefined && id !== undefined) sheets.push({ name, id });
    },
  });
  return sheets;
}

/** The strings that cells share, phonetic readings left out. */
function sharedStrings(xml: Uint8Array | undefined): string[] {
  const strings: string[] = [];
  let text = "", isText = false, isReading = false;
  walkOffice(xml ?? new Uint8Array(), {
    open(name) {
      if (name === "si") text = "";
      if (name === "rPh") isReading = true;
      isText = name === "t" && !isReading;
    },
    text(piece) {
      if (isText) text += piece;
    },
    close(name) {
      if (name === "si") strings.push(unescapeXstring(text));
      if (name === "rPh") isReading = false;
      isText = false;
    },
  });
  return strings;
}

/** Rows of a sheet as lines; a few strings many times over are a long text. */
function rowsOf(
  xml: Uint8Array,
  { shared, maxChars }: { shared: readonly string[]; maxChars: number },
): string {
  const rows: string[] = [];
  let cells: string[] = [], value = "", type = "", chars = 0;
  let isValue = false, isReading = false;
  walkOffice(xml, {
    open(name, attributes) {
      if (name === "row") cells = [];
      if (name === "c") [value, type] = ["", attributes.t ?? ""];
      if (name === "rPh") isReading = true;
      isValue = name === "v" || (name === "t" && !isReading);
    },
    text(piece) {
      if (isValue) value += piece;
    },
    close(name) {
      isValue = false;
      if (name === "rPh") isReading = false;
      if (name === "c" && value !== "") {
        const text = type === "s" ? shared[Number(value)] ?? "" : unescapeXstring(value);
        cells.push(text.replace(/\s+/g, " ").trim());
        chars += text.length + 1;
        if (chars > maxChars) {
          throw new ReadFailure("too-large", "its cells hold more text than may be unpacked");
        }
      }
      if (name === "row" && cells.length > 0) rows.push(cells.join("\t"));
    },
  });
  return rows.join("\n");
}
