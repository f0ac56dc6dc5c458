import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { type Chunk, chunkId, encodeChunk, placeOf } from "../../../pipeline/nodes/chunk.ts";
import { PartOrder } from "../../../pipeline/nodes/part_order.ts";
import { openFolder } from "../../commands/program.ts";

const chunkOf = (part: number, sequence: number, last = false): Chunk => ({
  source: `p${part}`,
  sequence,
  last,
  pages: 1,
  documents: [],
  drops: [],
});
const { signal } = new AbortController();

Deno.test("chunks leave in the order of their parts, each once, whatever the order they come in", async () => {
  await using folder = await openFolder();
  const dir = join(folder.path, "arriving");
  const order = await PartOrder.open(dir, { part: 1, sequence: 1 });
  const taken: string[] = [];
  const taking = (async () => {
    for (let i = 0; i < 6; i++) {
      const { source, sequence } = await order.take(signal);
      taken.push(`${source}.${sequence}`);
    }
  })();
  const put = async (part: number, sequence: number, last = false) =>
    await order.put({ part, sequence }, encodeChunk(chunkOf(part, sequence, last)));
  assertEquals(await put(3, 0, true), true);
  assertEquals(await put(2, 1), true);
  assertEquals(await put(2, 0), true);
  // Stored before this session began, or just now.
  assertEquals([await put(0, 4), await put(1, 0), await put(2, 1)], [false, false, false]);
  assertEquals(await put(2, 2, true), true);
  assertEquals(await put(1, 2, true), true);
  assertEquals(await put(1, 1), true);
  await taking;
  assertEquals(taken, ["p1.1", "p1.2", "p2.0", "p2.1", "p2.2", "p3.0"]);
  assertEquals(await put(3, 0, true), false);
  assertEquals(order.place, { part: 4, sequence: 0 });
  assertEquals(await Array.fromAsync(Deno.readDir(dir)), []);
});

Deno.test("who waits for a chunk hears that its signal has aborted", async () => {
  await using folder = await openFolder();
  const order = await PartOrder.open(folder.path, { part: 0, sequence: 0 });
  const stop = new AbortController();
  const taking = order.take(stop.signal);
  stop.abort(new Error("enough"));
  order.wake();
  await assertRejects(() => taking, Error, "enough");
});

Deno.test("the id of a chunk is that of its place and texts, whenever they were fetched", () => {
  const document = { id: "1", url: "http://a/", title: "", text: "A text.", lang: "en" };
  const at = (fetchedAt: string, text = document.text) =>
    chunkId({ ...chunkOf(7, 3), documents: [{ ...document, text, fetchedAt }] });
  assertEquals(at("2024-01-01"), at("2025-01-01"));
  assertEquals(at("2024-01-01") === at("2024-01-01", "Another."), false);
  assertEquals(placeOf(at("")), { source: "p7", sequence: 3 });
});
