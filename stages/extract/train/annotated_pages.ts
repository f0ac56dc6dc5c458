/**
 * Pages with segments that must and must not be in their text, and what that says of their blocks.
 *
 * @module
 */
import { decodePage } from "../../decode_page.ts";
import type { Content } from "../content.ts";
import { type ExtractEngine, readHtml } from "../document.ts";
import { type PlacedBlock, ruledBlocks } from "../ruled_blocks.ts";
import { render } from "../render.ts";

/** The segments of one page. */
export interface Annotation {
  readonly file: string;
  readonly with: readonly string[];
  readonly without: readonly string[];
}

/** A page to learn from. */
export interface AnnotatedPage {
  readonly url: string;
  readonly annotation: Annotation;
  readonly content: Content;
  readonly ruled: ReadonlySet<PlacedBlock>;
  /** The text of each block as it is written, white space made even. */
  readonly texts: readonly string[];
  /** 1 main text, 0 none, -1 not known; and how much that counts. */
  readonly labels: Float32Array;
  readonly weights: Float32Array;
}

/** White space as Python has it, which the segments were annotated with. */
// deno-lint-ignore no-control-regex -- Python takes the separators of ASCII for white space
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;
/** White space made even. */
export const normalize = (text: string): string => text.replace(SPACE, " ").replace(/^ | $/g, "");

/** Reads a folder of pages: `evaldata.json`, and their files under `cache` and `eval`. */
export async function readAnnotated(
  folder: string,
  engine: ExtractEngine,
): Promise<AnnotatedPage[]> {
  const data: Record<string, Annotation> = JSON.parse(
    await Deno.readTextFile(`${folder}/evaldata.json`),
  );
  const pages: AnnotatedPage[] = [];
  for (const [url, annotation] of Object.entries(data)) {
    const body = await Deno.readFile(`${folder}/cache/${annotation.file}`).catch(() =>
      Deno.readFile(`${folder}/eval/${annotation.file}`)
    );
    const page = annotate(url, annotation, { body, engine });
    if (page !== undefined) pages.push(page);
  }
  return pages;
}

/** Reads one page; nothing where it breaks a limit. */
export function annotate(
  url: string,
  annotation: Annotation,
  { body, engine }: { body: Uint8Array; engine: ExtractEngine },
): AnnotatedPage | undefined {
  const html = decodePage(body, { contentType: "text/html", isHtml: true });
  const content = readHtml(html, { engine, maxDepth: 512, maxAttributes: 256 });
  if (typeof content === "string") return undefined;
  const texts = content.blocks.map((block) => normalize(render([block], "text")));
  const ruled = new Set(ruledBlocks(content));
  const { labels, weights } = label(texts, annotation, content.blocks.map((b) => ruled.has(b)));
  return { url, annotation, content, ruled, texts, labels, weights };
}

/** The blocks that a segment lies in, for each place where it stands. */
function placesOf(segment: string, joined: string, starts: readonly number[]): number[][] {
  const wanted = normalize(segment);
  const places: number[][] = [];
  if (wanted === "") return places;
  for (let at = joined.indexOf(wanted); at >= 0; at = joined.indexOf(wanted, at + 1)) {
    const blocks: number[] = [];
    for (let i = 0; i < starts.length; i++) {
      const start = starts[i] as number, end = starts[i + 1] ?? joined.length;
      if (start < at + wanted.length && end - 1 > at) blocks.push(i);
    }
    places.push(blocks);
  }
  return places;
}

function label(
  texts: readonly string[],
  { with: wanted, without }: Annotation,
  ruled: readonly boolean[],
): { labels: Float32Array; weights: Float32Array } {
  const labels = new Float32Array(texts.length).fill(-1);
  const weights = new Float32Array(texts.length);
  const starts: number[] = [];
  let joined = "";
  for (const text of texts) {
    starts.push(joined.length);
    joined += `${text} `;
  }
  for (const segment of without) {
    const places = placesOf(segment, joined, starts);
    for (const place of places) {
      for (const i of place) {
        labels[i] = 0;
        weights[i] = 1 / Math.sqrt(places.length);
      }
    }
  }
  for (const segment of wanted) {
    const places = placesOf(segment, joined, starts);
    // Where it stands more than once, the text is where the rules find it, else where most is around.
    const best = places.toSorted((a, b) => score(b) - score(a))[0];
    for (const i of best ?? []) {
      weights[i] = labels[i] === 0 ? 0.3 : 1;
      labels[i] = 1;
    }
  }
  return { labels, weights };

  function score(place: readonly number[]): number {
    return place.reduce((sum, i) => sum + (ruled[i] ? 1e6 : 0) + (texts[i] as string).length, 0);
  }
}
