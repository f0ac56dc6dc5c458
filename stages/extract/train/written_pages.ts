/**
 * Variants of the pages that are written down in `shapes/`, to learn from.
 *
 * @module
 */
import { annotate, type AnnotatedPage } from "./annotated_pages.ts";
import { SHAPES } from "./shapes/all.ts";
import { readShape, type WrittenShape } from "./shapes/shape.ts";

const VARIANTS = 3;
/** How much a segment of theirs counts beside one of a page from the web. */
const WEIGHT = 0.3;

/** Reads variants of each page. */
export function readWritten(shapes: readonly WrittenShape[] = SHAPES): AnnotatedPage[] {
  const pages: AnnotatedPage[] = [];
  for (const shape of shapes) {
    for (let variant = 0; variant < VARIANTS; variant++) {
      const { name, html, must, mustNot } = readShape(shape, variant);
      const body = new TextEncoder().encode(html);
      const annotation = { file: name, with: must, without: mustNot };
      const page = annotate(`${name} ${variant}`, annotation, { body, engine: "fast" });
      if (page === undefined) continue;
      for (let i = 0; i < page.weights.length; i++) {
        page.weights[i] = (page.weights[i] as number) * WEIGHT;
      }
      pages.push(page);
    }
  }
  return pages;
}
