/**
 * Pages in the shapes of the web, damaged: pieces are taken out, doubled and moved. Each gives a text
 * or a reason, from both engines. `CLLM_PAGES` says how many, `CLLM_SEED` repeats them.
 */
import { assert, assertEquals } from "@std/assert";
import { randomStream } from "../../../model/random.ts";
import { ENGINES, extractDocument } from "../../../stages/extract/mod.ts";
import { SHAPES } from "../../../stages/extract/train/shapes/all.ts";
import { readShape } from "../../../stages/extract/train/shapes/shape.ts";

const PAGES = Number(Deno.env.get("CLLM_PAGES") ?? 300);
const SEED = Number(Deno.env.get("CLLM_SEED") ?? 4);
const SOURCES = SHAPES.map((shape) => readShape(shape).html);

/** Page number `index`. */
function mutatedPage(index: number): string {
  const random = randomStream(SEED, { name: "mutated-html", epoch: index });
  let drawn = 0;
  const below = (limit: number) => random.word(drawn++) % limit;
  let html = SOURCES[below(SOURCES.length)] as string;
  for (let faults = 1 + below(8); faults > 0; faults--) {
    const at = below(html.length + 1), to = below(html.length + 1), length = below(400);
    const piece = html.slice(at, at + length);
    const kind = below(3);
    const rest = kind === 0 ? html : html.slice(0, at) + html.slice(at + length);
    html = kind === 2 ? rest : rest.slice(0, to) + piece + rest.slice(to);
  }
  return html;
}

for (const engine of ENGINES) {
  Deno.test(`${engine}: ${PAGES} damaged pages give a text or a reason (CLLM_SEED=${SEED})`, () => {
    for (let index = 0; index < PAGES; index++) {
      const page = {
        url: "https://example.org/",
        contentType: "text/html",
        body: new TextEncoder().encode(mutatedPage(index)),
        fetchedAt: "",
      };
      const result = extractDocument(page, { engine });
      if ("text" in result) assert(result.text !== "", `page ${index}`);
      else assert(["no-text", "malformed"].includes(result.reason), `page ${index}`);
      assertEquals(extractDocument(page, { engine }), result, `page ${index}`);
    }
  });
}
