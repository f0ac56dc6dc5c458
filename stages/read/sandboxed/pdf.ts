/**
 * The text of a PDF document, line by line as its pages show it.
 *
 * @module
 */
import { getDocumentProxy } from "unpdf";
import type { Declared } from "../../types.ts";
import { ReadFailure } from "../failure.ts";
import { limitArrays } from "./array_limit.ts";
import { Hyphens, jointOf } from "./hyphens.ts";
import { textParts } from "./parts.ts";
import type { SandboxedPage, Task } from "./task.ts";

const MAX_PAGES = 10_000;
/** On what its streams unpack to; pictures are not unpacked. */
const LIMITS = { eachBytes: 64 * 2 ** 20, totalBytes: 2 ** 30 };
/** Distance of two lines, in heights of the line, from which on a paragraph begins between them. */
const PARAGRAPH_GAP = 1.6;

/** The text of all pages. @throws {ReadFailure} for one that is locked or past a limit */
export async function* readPdf(
  task: Task & { bytes: Uint8Array },
): AsyncGenerator<SandboxedPage> {
  using limits = limitArrays(LIMITS);
  try {
    const pdf = await open(task.bytes);
    if (pdf.numPages > MAX_PAGES) {
      throw new ReadFailure("too-large", `it has ${pdf.numPages} pages, more than ${MAX_PAGES}`);
    }
    const declared = declaredBy((await pdf.getMetadata()).info);
    yield* textParts(textOf(pdf, { ...task, limits }), { ...task, declared });
  } catch (error) {
    // Says it better than the error that has come of it.
    limits.check();
    throw error;
  }
}

/** Text that is held back until its words are known. */
const HELD_CHARS = 2 ** 20;

/** The text in pieces of many pages. */
async function* textOf(
  pdf: PDFDocumentProxy,
  { maxUnpackedBytes, limits }: Pick<Task, "maxUnpackedBytes"> & {
    limits: ReturnType<typeof limitArrays>;
  },
): AsyncGenerator<string> {
  const hyphens = new Hyphens();
  let chars = 0, held = "";
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    // A page that met a limit may be there in part.
    limits.check();
    const paragraphs = layOut(items.filter((item) => "str" in item));
    page.cleanup();
    if (paragraphs === "") continue;
    chars += paragraphs.length;
    if (chars > maxUnpackedBytes) {
      throw new ReadFailure("too-large", `its text is longer than ${maxUnpackedBytes} bytes`);
    }
    hyphens.learn(paragraphs);
    held += `${paragraphs}\n\n`;
    if (held.length < HELD_CHARS) continue;
    yield hyphens.join(held);
    held = "";
  }
  if (held !== "") yield hyphens.join(held);
}

async function open(bytes: Uint8Array) {
  try {
    return await getDocumentProxy(bytes, { verbosity: 0 });
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== "PasswordException") throw cause;
    throw new ReadFailure("unreadable", "it is locked with a password", { cause });
  }
}

type PDFDocumentProxy = Awaited<ReturnType<typeof open>>;

/** A run of text on a page: where its baseline begins, and its height. */
interface Run {
  readonly str: string;
  readonly hasEOL: boolean;
  readonly height: number;
  readonly transform: number[];
}

/** Lines as they follow, with a blank line where the page leaves room. */
function layOut(runs: readonly Run[]): string {
  const text: string[] = [];
  let last: { y: number; height: number; line: string } | undefined;
  let line = "", height = 0;
  let y: number | undefined;
  const end = () => {
    const ended = { y: y ?? 0, height, line: line.trim() };
    [line, y] = ["", undefined];
    if (ended.line === "") return;
    if (last !== undefined) {
      const room = PARAGRAPH_GAP * Math.max(last.height, height, 1);
      text.push(Math.abs(last.y - ended.y) > room ? "\n\n" : jointOf(last.line, ended.line));
    }
    text.push(ended.line);
    last = ended;
    height = 0;
  };
  for (const run of runs) {
    if (run.str.trim() !== "") {
      y ??= run.transform[5] ?? 0;
      height = Math.max(height, run.height);
    }
    line += run.str.replaceAll("\0", "");
    if (run.hasEOL) end();
  }
  end();
  return text.join("");
}

function declaredBy(info: object): Declared {
  const { Title: title, Author: author, CreationDate: created } = info as Record<string, unknown>;
  const day = /^D:(\d{4})(\d\d)(\d\d)/.exec(String(created))?.slice(1).join("-");
  return {
    ...(typeof title === "string" && title.trim() !== "" ? { title: title.trim() } : {}),
    ...(typeof author === "string" && author.trim() !== "" ? { author: author.trim() } : {}),
    ...(day === undefined ? {} : { date: day }),
  };
}
