/**
 * The text of a presentation: its slides in their order, a blank line apart.
 *
 * @module
 */
import { unescapeXstring, walkOffice } from "./office_xml.ts";
import { textParts } from "./parts.ts";
import { readProperties } from "./properties.ts";
import { relationsOf, relationTo } from "./relations.ts";
import type { ReadTask, SandboxedPage } from "./task.ts";
import type { Files } from "./unzip.ts";

/** All slides as one document. */
export async function* readPptx(files: Files, task: ReadTask): AsyncGenerator<SandboxedPage> {
  const paths = relationsOf(files, task.main);
  // Each part once, however often it is named.
  const slides = new Set<string>();
  walkOffice(files.get(task.main) ?? new Uint8Array(), {
    open(name, attributes) {
      if (name !== "sldId") return;
      // Of its two attributes called id, the one that is a relation's names the slide.
      const path = Object.values(attributes).map((id) => paths.get(id)).find((known) => known);
      if (path !== undefined) slides.add(path);
    },
  });
  function* text(): Generator<string> {
    for (const path of slides) {
      const slide = [...paragraphsOf(files, path), ...notesOf(files, path)].join("\n");
      if (slide !== "") yield `${slide}\n\n`;
    }
  }
  yield* textParts(text(), { ...task, declared: readProperties(files.get("docProps/core.xml")) });
}

/** What stands on every page of notes, and is none of their text. */
const ASIDE = new Set(["sldNum", "dt", "ftr", "hdr"]);

/** The paragraphs of a slide's notes. */
function notesOf(files: Files, slide: string): string[] {
  const path = relationTo(files, { from: slide, type: "notesSlide" });
  return path === undefined ? [] : paragraphsOf(files, path, ASIDE);
}

/**
 * The paragraphs of a slide, each on its line, without placeholders that are `aside`; a diagram in
 * it is a part of its own.
 */
function paragraphsOf(
  files: Files,
  path: string,
  aside: ReadonlySet<string> = new Set(["sldNum"]),
): string[] {
  const parts = relationsOf(files, path);
  const paragraphs: string[] = [];
  let paragraph = "", isText = false, isAside = false;
  walkOffice(files.get(path) ?? new Uint8Array(), {
    open(name, { type = "", dm }) {
      isText = name === "t";
      if (name === "br") paragraph += "\n";
      if (name === "sp") isAside = false;
      if (name === "ph" && aside.has(type)) isAside = true;
      const diagram = name === "relIds" ? parts.get(dm ?? "") : undefined;
      if (diagram !== undefined && diagram !== path) paragraphs.push(...diagramOf(files, diagram));
    },
    text(piece) {
      if (isText && !isAside) paragraph += piece;
    },
    close(name) {
      isText = false;
      if (name === "sp") isAside = false;
      if (name !== "p") return;
      const text = unescapeXstring(paragraph, { controlsOnly: true }).trim();
      if (text !== "") paragraphs.push(text);
      paragraph = "";
    },
  });
  return paragraphs;
}

/** The paragraphs of a diagram's data, which names no further diagrams. */
const diagramOf = (files: Files, path: string) =>
  paragraphsOf(new Map([[path, files.get(path) ?? new Uint8Array()]]), path);
