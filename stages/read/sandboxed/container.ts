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
import { relationTo } from "./relations.ts";
import type { Piece, ReadTask, Task } from "./task.ts";
import { type Files, unzip } from "./unzip.ts";
import { readXlsx } from "./xlsx.ts";
import { walkXml } from "./xml.ts";

/** What tells a kind of document, what of it is unpacked, and who reads that. */
interface Kind {
  /** Media types of its main part, or of the whole archive. */
  readonly type: RegExp;
  /** The path of its main part where nothing else tells it. */
  readonly main: string;
  readonly wanted: (path: string) => boolean;
  readonly read: (files: Files, task: ReadTask) => AsyncGenerator<Piece>;
}

const isHtml = (path: string) => /\.x?html?$/i.test(path);
const isXml = (path: string) => /\.(xml|rels)$/i.test(path);

const KINDS: readonly Kind[] = [
  {
    type: /\bwordprocessingml\.\w+\.main|\bms-word\.\w+\.macroEnabled/i,
    main: "word/document.xml",
    wanted: (path) => isXml(path) || isHtml(path),
    read: readDocx,
  },
  {
    type: /\bspreadsheetml\.\w+\.main|\bms-excel\.\w+\.macroEnabled/i,
    main: "xl/workbook.xml",
    wanted: isXml,
    read: readXlsx,
  },
  {
    type: /\bpresentationml\.\w+\.main|\bms-powerpoint\.\w+\.macroEnabled/i,
    main: "ppt/presentation.xml",
    wanted: isXml,
    read: readPptx,
  },
  {
    type: /^application\/vnd\.oasis\.opendocument\.text(?:-template)?$/,
    main: "content.xml",
    wanted: (path) => /^(content|meta)\.xml$/.test(path),
    read: readOdt,
  },
  {
    type: /^application\/epub\+zip$/,
    main: "META-INF/container.xml",
    wanted: (path) => /\.(xml|opf|x?html?|xht)$/i.test(path),
    read: readEpub,
  },
];

/** Paths of what tells the kind. */
const TELLING = /^(?:mimetype|\[Content_Types\]\.xml|_rels[/\\]\.rels)$/i;

/** What is in an office document or a book. @throws {ReadFailure} for any other archive */
export async function* readContainer(task: Task & { bytes: Uint8Array }): AsyncGenerator<Piece> {
  const paths = new Set<string>();
  const maxBytes = task.maxUnpackedBytes;
  const telling = unzip(task.bytes, {
    maxBytes,
    wanted(path) {
      paths.add(path.replaceAll("\\", "/").toLowerCase());
      return TELLING.test(path);
    },
  });
  const main = relationTo(telling, { from: "", type: "officeDocument" });
  const declared = new TextDecoder().decode(telling.get("mimetype")?.subarray(0, 256)).trim() ||
    typeOf(telling, main);
  const kind = KINDS.find(({ type }) => type.test(declared)) ??
    KINDS.find(({ main }) => main !== "content.xml" && paths.has(main.toLowerCase()));
  if (kind === undefined) {
    throw new ReadFailure(
      "unsupported-type",
      "a zip archive, and no document of a known kind; unpack it first",
    );
  }
  const files = unzip(task.bytes, { wanted: kind.wanted, maxBytes });
  const isThere = main !== undefined && files.get(main) !== undefined;
  yield* kind.read(files, { ...task, main: isThere ? main : kind.main });
}

/** The media type of the part at `path` (ECMA-376, part 2, 7.2.3). */
function typeOf(files: Files, path: string | undefined): string {
  let type = "";
  if (path === undefined) return type;
  walkXml(files.get("[Content_Types].xml") ?? new Uint8Array(), {
    open(name, { PartName: part = "", ContentType: of = "" }) {
      const isIt = part.toLowerCase() === `/${path}`.toLowerCase();
      if (name === "Override" && isIt) type = of;
    },
  });
  return type;
}
