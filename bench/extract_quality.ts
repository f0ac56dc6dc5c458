/**
 * How good is the text of annotated pages, and what does it cost: our engines and others, page by
 * page in turn, so that what slows the machine slows them all.
 *
 * @module
 */
import { ENGINES, extractDocument } from "../stages/extract/mod.ts";
import { type Annotation, normalize } from "../stages/extract/train/annotated_pages.ts";
import { Quality } from "../stages/extract/train/quality.ts";
import type { Extracted, Peers } from "./extract_peers.ts";
import { scoreMetadata } from "./extract_metadata.ts";
import { median } from "./median.ts";

/** Pages that are extracted once before the time counts. */
const WARM_UP = 50;

/** One extractor over all pages. */
interface Total {
  readonly quality: Quality;
  readonly times: number[];
}

/** Scores extractors on a folder with `evaldata.json` and the pages under `cache` and `eval`. */
export async function judgeExtractors(folder: string, peers: readonly Peers[]) {
  const data: Record<string, Annotation> = JSON.parse(
    await Deno.readTextFile(`${folder}/evaldata.json`),
  );
  const pages: {
    url: string;
    path: string;
    annotation: Annotation;
    body: Uint8Array<ArrayBuffer>;
  }[] = [];
  for (const [url, annotation] of Object.entries(data)) {
    const page = await pageAt(folder, annotation.file);
    if (page !== undefined) pages.push({ url, annotation, ...page });
  }
  const extract = async ({ url, path, body }: typeof pages[number]): Promise<Extracted[]> => {
    const own = ENGINES.map((engine) => {
      const start = performance.now();
      const found = extractDocument({ url, contentType: "text/html", body, fetchedAt: "" }, {
        engine,
      });
      const text = "reason" in found ? "" : found.text;
      return { name: `cllm ${engine}`, text, ms: performance.now() - start };
    });
    const others: Extracted[] = [];
    for (const peer of peers) others.push(...await peer.extract(path));
    return [...own, ...others];
  };
  for (const page of pages.slice(0, WARM_UP)) await extract(page);
  const totals = new Map<string, Total>();
  for (const page of pages) {
    for (const { name, text, ms } of await extract(page)) {
      const total = totals.get(name) ?? { quality: new Quality(), times: [] };
      totals.set(name, total);
      total.quality.add(page, normalize(text));
      total.times.push(ms);
    }
  }
  return {
    pages: pages.length,
    absent: Object.keys(data).length - pages.length,
    extractors: Object.fromEntries(Array.from(totals, ([name, total]) => [name, rowOf(total)])),
    metadata: scoreMetadata(pages),
  };
}

async function pageAt(folder: string, file: string) {
  for (const part of ["cache", "eval"]) {
    const path = `${folder}/${part}/${file}`;
    try {
      return { path, body: await Deno.readFile(path) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

const rounded = (value: number) => Number(value.toFixed(value < 1 ? 4 : 2));

function rowOf({ quality, times }: Total) {
  return {
    f1: rounded(quality.f1),
    precision: rounded(quality.precision),
    recall: rounded(quality.recall),
    empty: quality.empty,
    medianMs: rounded(median(times)),
    meanMs: rounded(times.reduce((sum, ms) => sum + ms, 0) / times.length),
  };
}
