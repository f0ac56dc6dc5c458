/**
 * The text of a presentation: its slides in their order, a blank line apart.
 *
 * @module
 */
import { textParts } from "./parts.ts";
import { readProperties } from "./properties.ts";
import { relationsOf } from "./relations.ts";
import type { SealedPage, Task } from "./task.ts";
import type { Files } from "./unzip.ts";
import { walkXml } from "./xml.ts";

const PRESENTATION = "ppt/presentation.xml";

/** All slides as one document. */
export async function* readPptx(files: Files, task: Task): AsyncGenerator<SealedPage> {
  const paths = relationsOf(files, PRESENTATION);
  const slides: string[] = [];
  walkXml(files.get(PRESENTATION) ?? new Uint8Array(), {
    open(name, attributes) {
      if (name !== "sldId") return;
      // Of its two attributes called id, the one that is a relation's names the slide.
      const path = Object.values(attributes).map((id) => paths.get(id)).find((known) => known);
      if (path !== undefined) slides.push(path);
    },
  });
  function* text(): Generator<string> {
    for (const path of slides) {
      const slide = paragraphsOf(files.get(path));
      if (slide !== "") yield `${slide}\n\n`;
    }
  }
  yield* textParts(text(), { ...task, declared: readProperties(files.get("docProps/core.xml")) });
}

/** The paragraphs of a slide, one a line. */
function paragraphsOf(xml: Uint8Array | undefined): string {
  const paragraphs: string[] = [];
  let paragraph = "", isText = false;
  walkXml(xml ?? new Uint8Array(), {
    open(name) {
      isText = name === "t";
      if (name === "br") paragraph += "\n";
    },
    text(piece) {
      if (isText) paragraph += piece;
    },
    close(name) {
      isText = false;
      if (name !== "p") return;
      if (paragraph.trim() !== "") paragraphs.push(paragraph.trim());
      paragraph = "";
    },
  });
  return paragraphs.join("\n");
}
