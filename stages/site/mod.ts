/**
 * Document → Document: texts by what their whole sites show, without what a site repeats on its pages,
 * such as menus, footers and notices.
 *
 * @module
 */
import { among, isBarrier, stamp } from "../barrier.ts";
import { transformed } from "../flow.ts";
import type { StageMeter } from "../meter.ts";
import { metered } from "../metered.ts";
import { bounded } from "../queue.ts";
import type { Barrier, Document, Stage } from "../types.ts";
import type { HeldPages } from "./held_pages.ts";

export { type HeldPages, openHeldPages } from "./held_pages.ts";

/** Characters of documents that may wait. */
const QUEUE_CHARS = 2 ** 20;
/** Characters of documents after which they are synced to the disk. */
const SYNC_CHARS = 2 ** 22;

/** Choices for {@linkcode site}. */
export interface SiteOptions {
  /** Borrowed; it may have documents of an earlier session, which count as well. */
  readonly held: HeldPages;
  /** Called with a document's URL once it is on the disk. */
  readonly onHeld?: (url: string) => void;
  /** Counts what comes in and goes out, and where the time goes; off by default. */
  readonly meter?: StageMeter;
}

/**
 * Holds documents back on the disk until the input has ended. Then it takes out of each the blocks
 * that its site has on a third of its pages, at least five, and puts in prose that stands where most
 * prose is text on others. Neither depends on the order of the pages. Documents come out in the
 * order in which they came in, barriers at once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openHeldPages, site } from "./mod.ts";
 * using held = openHeldPages(":memory:");
 * const part = (key: number, text: string) => ({ key, place: key, near: key, text, isTaken: true, leads: -1 });
 * const documents = Array.from({ length: 5 }, (_, i) => ({
 *   ...{ id: `${i}`, url: `http://a/${i}`, title: "", lang: "en", fetchedAt: "" },
 *   text: `Page ${"abcde"[i]}.\n\nMade with care.`,
 *   layout: { few: [i, 9], parts: [part(i, `Page ${"abcde"[i]}.`), part(9, "Made with care.")] },
 * }));
 * const own = await Array.fromAsync(ReadableStream.from(documents).pipeThrough(site({ held })));
 * assertEquals(own[4]?.text, "Page e.");
 * ```
 */
export function site<In extends Document | Barrier = Document>(
  { held, onHeld = () => {}, meter }: SiteOptions,
): Stage<In, Document> {
  async function* generate(input: AsyncIterable<Document | Barrier>) {
    let urls: string[] = [], chars = 0;
    const sync = () => {
      held.flush();
      urls.forEach(onHeld);
      urls = [];
      chars = 0;
    };
    meter?.phase("waiting");
    for await (const value of input) {
      meter?.phase("busy");
      if (isBarrier(value)) {
        sync();
        yield stamp(value, { site: { documents: held.size } });
      } else {
        meter?.in(value.text.length);
        held.add(value);
        urls.push(value.url);
        chars += value.text.length;
        if (chars >= SYNC_CHARS) sync();
      }
      meter?.phase("waiting");
    }
    sync();
    for (const document of held.read()) {
      meter?.out(document.text.length);
      yield document;
    }
  }
  const stage = transformed<Document | Barrier, Document | Barrier>({
    generate,
    input: bounded(QUEUE_CHARS, ({ text }: Document) => text.length),
  });
  return among<In, Document>(metered(stage, meter));
}
