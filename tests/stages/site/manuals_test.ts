/**
 * Manuals that Debian installs: judging pages by their whole site keeps no navigation and loses no
 * sentence that extraction had found; what is lost in all is counted, for most of them nothing. All
 * pages of all manuals with CLLM_MANUALS=1, else the policy.
 */
import { assert, assertEquals } from "@std/assert";
import { extract } from "../../../stages/extract/mod.ts";
import { openHeldPages, site } from "../../../stages/site/mod.ts";
import type { Document } from "../../../stages/types.ts";
import { evenSpace, type Manual, MANUALS, pagesOf, partsOf } from "./manuals.ts";

const isWhole = Deno.env.get("CLLM_MANUALS") === "1";

/** Sentences that a text lacks, and texts of navigation that are paragraphs of it. */
function faultsOf(text: string, { sentences, navigation }: ReturnType<typeof partsOf>) {
  const even = evenSpace(text);
  const paragraphs = new Set(text.split("\n").map(evenSpace));
  return {
    lost: sentences.filter((sentence) => !even.includes(sentence)),
    kept: navigation.filter((label) => paragraphs.has(label)),
  };
}

async function judge(manual: Manual) {
  const pages = pagesOf(manual);
  const alone = new Map<string, string>();
  const noted = new TransformStream<Document, Document>({
    transform(document, controller) {
      alone.set(document.url, document.text);
      controller.enqueue(document);
    },
  });
  using held = openHeldPages(":memory:");
  const found = await Array.fromAsync(
    ReadableStream.from(pages)
      .pipeThrough(extract({ layout: true })).pipeThrough(noted).pipeThrough(site({ held })),
  );
  const whole = new Map(found.map(({ url, text }) => [url, text]));
  const total = { sentences: 0, lostAlone: 0, lost: 0, navigation: 0, keptAlone: 0, kept: 0 };
  for (const { url, body } of pages) {
    const parts = partsOf(body, manual);
    const before = faultsOf(alone.get(url) ?? "", parts);
    const after = faultsOf(whole.get(url) ?? "", parts);
    assertEquals(after.lost.filter((sentence) => !before.lost.includes(sentence)), [], url);
    total.sentences += parts.sentences.length;
    total.navigation += parts.navigation.length;
    total.lostAlone += before.lost.length;
    total.lost += after.lost.length;
    total.keptAlone += before.kept.length;
    total.kept += after.kept.length;
  }
  return total;
}

for (const manual of MANUALS) {
  const isThere = await Deno.stat(manual.folder).then(() => true, () => false);
  const ignore = !isThere || !(isWhole || manual.folder.includes("debian-policy"));
  Deno.test({
    name: `${manual.folder} keeps its sentences and no navigation`,
    ignore,
    fn: async () => {
      const total = await judge(manual);
      if (isWhole) console.log(JSON.stringify(total));
      assert(total.sentences > 1000 && total.navigation > 20, JSON.stringify(total));
      assertEquals(total.kept, 0);
      assert(total.lost <= manual.lost, `${total.lost} sentences are lost`);
    },
  });
}
