/**
 * Tells what document a zip archive is, by the files that every one of its kind has.
 *
 * @module
 */
import { ReadFailure } from "../failure.ts";
import { readDocx } from "./docx.ts";
import { readEpub } from "./epub.ts";
import { readOdt } from "./odt.ts";
import { readPptx } from "./pptx.ts";
import type { Piece, Task } from "./task.ts";
import { type Files, unzip } from "./unzip.ts";
import { readXlsx } from "./xlsx.ts";

/** What tells a kind of document, what of it is unpacked, and who reads that. */
interface Kind {
  readonly isIt: (paths: readonly string[], mimetype: string) => boolean;
  readonly wanted: (path: string) => boolean;
  readonly read: (files: Files, task: Task) => AsyncGenerator<Piece>;
}

const isXml = (path: string) => /\.(xml|rels)$/i.test(path);

const KINDS: readonly Kind[] = [
  { isIt: (paths) => paths.includes("word/document.xml"), wanted: isXml, read: readDocx },
  { isIt: (paths) => paths.includes("xl/workbook.xml"), wanted: isXml, read: readXlsx },
  { isIt: (paths) => paths.includes("ppt/presentation.xml"), wanted: isXml, read: readPptx },
  {
    isIt: (_, mimetype) => mimetype === "application/vnd.oasis.opendocument.text",
    wanted: (path) => /^(content|meta)\.xml$/.test(path),
    read: readOdt,
  },
  {
    isIt: (paths, mimetype) =>
      mimetype === "application/epub+zip" || paths.includes("META-INF/container.xml"),
    wanted: (path) => /\.(xml|opf|x?html?)$/i.test(path),
    read: readEpub,
  },
];

/** What is in an office document or a book. @throws {ReadFailure} for any other archive */
export async function* readContainer(task: Task & { bytes: Uint8Array }): AsyncGenerator<Piece> {
  const paths: string[] = [];
  const maxBytes = task.maxUnpackedBytes;
  const mimetype = unzip(task.bytes, {
    maxBytes,
    wanted(path) {
      paths.push(path);
      return path === "mimetype";
    },
  }).get("mimetype");
  const declared = new TextDecoder().decode(mimetype?.subarray(0, 256)).trim();
  const kind = KINDS.find(({ isIt }) => isIt(paths, declared));
  if (kind === undefined) {
    throw new ReadFailure(
      "unsupported-type",
      "a zip archive, and no document of a known kind; unpack it first",
    );
  }
  yield* kind.read(unzip(task.bytes, { wanted: kind.wanted, maxBytes }), task);
}
