/**
 * Pages in the shapes that programs of the web give them, from Sphinx to phpBB: what a reader would
 * quote is in their text, and what stands around it is not. The model learned from variants of the
 * pages, but not from those that are held out.
 */
import { assertEquals } from "@std/assert";
import { ENGINES, extractDocument } from "../../../stages/extract/mod.ts";
import { SHAPES } from "../../../stages/extract/train/shapes/all.ts";
import { HELD_OUT } from "../../../stages/extract/train/shapes/held_out.ts";
import { readShape } from "../../../stages/extract/train/shapes/shape.ts";

for (const shape of [...SHAPES, ...HELD_OUT]) {
  const { name, html, must, mustNot } = readShape(shape);
  for (const engine of ENGINES) {
    Deno.test(`${engine}: ${name}`, () => {
      const result = extractDocument({
        url: "https://example.org/",
        contentType: "text/html",
        body: new TextEncoder().encode(html),
        fetchedAt: "",
      }, { engine });
      const text = "text" in result ? result.text.replace(/\s+/g, " ") : "";
      assertEquals({
        lost: must.filter((segment) => !text.includes(segment)),
        kept: mustNot.filter((segment) => text.includes(segment)),
      }, { lost: [], kept: [] });
    });
  }
}
