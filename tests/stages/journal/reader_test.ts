import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { openJournal, readJournal } from "../../../stages/journal/mod.ts";
import type { Document } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

const documents = Array.from({ length: 50 }, (_, i): Document => ({
  id: i.toString(16).padStart(16, "0"),
  url: `http://a/${i}`,
  title: "",
  lang: "en",
  text: `Document ${i}. `.repeat(20),
  fetchedAt: "",
}));

Deno.test("readJournal sees what is on the disk, while a journal is written and torn at any byte", async () => {
  const dir = await scratchDir();
  // No timer: what is on the disk changes with `append` alone.
  const pieces = { flushBytes: 2000, segmentBytes: 500, flushMs: 2 ** 30 };
  await using journal = await openJournal({ dir, ...pieces });
  assertEquals((await readJournal(dir)).count, 0);
  for (const document of documents) {
    await journal.append(document);
    const { count, bytes, documents: read } = await readJournal(dir);
    assertEquals([count, bytes], [journal.count, journal.bytes]);
    assertEquals(await Array.fromAsync(read()), documents.slice(0, count));
  }
  await journal.flush();
  const names = (await Array.fromAsync(Deno.readDir(dir), ({ name }) => name)).sort();
  const last = join(dir, names.at(-1) as string);
  const whole = await Deno.readFile(last);
  for (let size = whole.length; size >= 0; size -= 7) {
    await Deno.writeFile(last, whole.subarray(0, size));
    const { count, documents: read } = await readJournal(dir);
    assertEquals(await Array.fromAsync(read()), documents.slice(0, count));
    assertEquals((await Deno.stat(last)).size, size);
  }
});

Deno.test("readJournal refuses a journal that is missing or damaged in its middle", async () => {
  const dir = await scratchDir();
  await assertRejects(() => readJournal(join(dir, "none")), Deno.errors.NotFound);
  {
    await using journal = await openJournal({ dir, flushBytes: 2000, segmentBytes: 500 });
    for (const document of documents) await journal.append(document);
  }
  await Deno.truncate(join(dir, "000000.jsonl.gz"), 50);
  await assertRejects(
    () => readJournal(dir),
    Error,
    "the member at byte 0 is not whole, from document 0 on",
  );
});
