import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { drawRows, type Origin, SHARE_EACH } from "../../run/draw_rows.ts";
import { randomStream } from "../../model/random.ts";

const T = 8;

interface Run extends Origin {
  readonly ids: Uint16Array;
}

/** A document of `length` tokens, each another number. */
function run(url: string, { source, length, place }: {
  source: string;
  length: number;
  place: number;
}): Run {
  const docId = createHash("sha256").update(url).digest("hex").slice(0, 16);
  const ids = Uint16Array.from({ length }, (_, i) => 1 + (place * 131 + i) % 60000);
  return { docId, url, source, place, ids };
}

/** Documents of 2 to 121 tokens in each of the folders, folder after folder. */
function folders(names: readonly string[], { each }: { each: number }): Run[] {
  const random = randomStream(3, { name: "lengths" });
  return names.flatMap((source, f) =>
    Array.from({ length: each }, (_, i) => {
      const place = f * each + i;
      return run(`file:///${source}${i}`, { source, place, length: 2 + random.word(place) % 120 });
    })
  );
}

const draw = (runs: readonly Run[], { seed, rows }: { seed: number; rows: number }) =>
  drawRows(ReadableStream.from(runs), { seed, rows, cols: T });

Deno.test("drawRows: each part is as likely as any other, whatever its folder, length and place", async () => {
  const runs = folders(["a/", "b/", "c/", "d/"], { each: 60 });
  const partsOf = ({ ids }: Run) => Math.ceil((ids.length - 1) / T);
  const all = runs.reduce((sum, run) => sum + partsOf(run), 0);
  const drawn = new Map<string, number>();
  const bySource = new Map<string, number>();
  const byPart = new Map<number, number>();
  let total = 0;
  for (let seed = 0; seed < 200; seed++) {
    for (const { docId, source, part } of await draw(runs, { seed, rows: 40 })) {
      total++;
      drawn.set(docId, (drawn.get(docId) ?? 0) + 1);
      bySource.set(source, (bySource.get(source) ?? 0) + 1);
      byPart.set(part, (byPart.get(part) ?? 0) + 1);
    }
  }
  // Pearson's chi-square over folders (3 degrees of freedom, 0.1 % beyond 16.3) and over documents
  // (239 degrees; its mean and standard deviation are 239 and 21.9).
  const chiSquare = (of: Iterable<readonly [found: number, parts: number]>) =>
    [...of].reduce((sum, [found, parts]) => {
      const expected = total * parts / all;
      return sum + (found - expected) ** 2 / expected;
    }, 0);
  const folder = Map.groupBy(runs, ({ source }) => source);
  const overFolders = chiSquare(
    [...folder].map(([source, runs]) =>
      [bySource.get(source) ?? 0, runs.reduce((sum, run) => sum + partsOf(run), 0)] as const
    ),
  );
  assert(overFolders < 16.3, `folders: ${overFolders}`);
  const overDocuments = chiSquare(runs.map((run) => [drawn.get(run.docId) ?? 0, partsOf(run)]));
  assert(overDocuments < 239 + 4 * 21.9, `documents: ${overDocuments}`);
  // Not the beginnings alone.
  const firsts = (byPart.get(0) ?? 0) / total, share = runs.length / all;
  assert(Math.abs(firsts - share) < 4 * Math.sqrt(share / total), `${firsts} of ${share}`);
});

Deno.test("drawRows: the order of the documents makes no difference, the seed does", async () => {
  const runs = folders(["a/", "b/"], { each: 50 });
  const names = (parts: readonly { url: string; part: number }[]) =>
    parts.map(({ url, part }) => `${url} ${part}`);
  const drawn = await draw(runs, { seed: 5, rows: 30 });
  for (let shuffle = 0; shuffle < 5; shuffle++) {
    const shuffled = randomStream(9, { name: "order" }).shuffle([...runs], shuffle);
    assertEquals(names(await draw(shuffled, { seed: 5, rows: 30 })), names(drawn));
  }
  assert(names(await draw(runs, { seed: 6, rows: 30 })).join() !== names(drawn).join());
});

Deno.test("drawRows: parts are what the document has at their place, none twice, and fill the rows", async () => {
  const runs = folders(["a/", "b/"], { each: 50 });
  const byId = new Map(runs.map((run) => [run.docId, run]));
  for (const rows of [1, 7, 40, 10_000]) {
    const parts = await draw(runs, { seed: 1, rows });
    assertEquals(new Set(parts.map(({ docId, part }) => `${docId} ${part}`)).size, parts.length);
    for (const { docId, part, ids, url, source, place } of parts) {
      const whole = byId.get(docId);
      assertEquals([...ids], [...whole?.ids.slice(part * T, part * T + T + 1) ?? []]);
      assertEquals([url, source, place], [whole?.url, whole?.source, whole?.place]);
    }
    const targets = parts.reduce((sum, { ids }) => sum + ids.length - 1, 0);
    const all = runs.reduce((sum, { ids }) => sum + ids.length - 1, 0);
    assert(targets <= rows * T && targets >= Math.min(all, 0.85 * rows * T), `${rows}: ${targets}`);
  }
});

Deno.test("drawRows: no document has more than a quarter while others have text, and all if alone", async () => {
  const long = run("long", { source: "", place: 0, length: 100 * T + 1 });
  const others = folders(["a/"], { each: 12 });
  const rows = 20;
  const parts = await draw([long, ...others], { seed: 2, rows });
  assertEquals(parts.filter(({ docId }) => docId === long.docId).length, rows * SHARE_EACH);
  assertEquals((await draw([long], { seed: 2, rows })).length, rows);
  const empty = run("empty", { source: "", place: 0, length: 1 });
  assertEquals(await draw([empty], { seed: 2, rows }), []);
});

Deno.test("drawRows lets go of documents as they come by", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--v8-flags=--expose-gc", "--allow-all"],
      new URL("./draw_rows_probe.ts", import.meta.url).pathname,
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const { drawn, most } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(drawn, 50);
  assert(most < 10, `${most} of 5000 documents held`);
});

Deno.test("drawn parts are copies, not views that keep their documents", async () => {
  const parts = await draw(folders(["a/"], { each: 40 }), { seed: 1, rows: 10 });
  assert(parts.every(({ ids }) => ids.buffer.byteLength === 2 * ids.length));
});
