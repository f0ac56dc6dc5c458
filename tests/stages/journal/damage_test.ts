/** One changed byte anywhere in a journal: it is named and nothing is cut, whoever opens it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { openJournal, readJournal } from "../../../stages/journal/mod.ts";
import { encodeMember } from "../../../stages/journal/member.ts";
import type { Document } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

const documents = Array.from({ length: 12 }, (_, i): Document => ({
  id: i.toString(16).padStart(16, "0"),
  url: `http://a/${i}`,
  title: "",
  lang: "en",
  text: `Document ${i}. `,
  fetchedAt: "",
}));

/** Several members in each of two files. */
async function writeSmall({ seal }: { seal: boolean }): Promise<string> {
  const dir = await scratchDir();
  await using journal = await openJournal({ dir, flushBytes: 200, segmentBytes: 500 });
  for (const document of documents) await journal.append(document);
  await journal.flush();
  if (seal) await journal.seal();
  return dir;
}

/** All files of a folder. */
async function snapshot(dir: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { name } of Deno.readDir(dir)) {
    files.set(name, await Deno.readFile(join(dir, name)));
  }
  return files;
}

async function copyOf(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const dir = await scratchDir();
  for (const [name, bytes] of files) await Deno.writeFile(join(dir, name), bytes);
  return dir;
}

const readAll = async (dir: string) => await Array.fromAsync((await readJournal(dir)).documents());

for (const seal of [true, false]) {
  Deno.test(`a flipped bit at any byte is named, in a ${seal ? "" : "not "}sealed journal`, async () => {
    const whole = await snapshot(await writeSmall({ seal }));
    assertEquals(await readAll(await copyOf(whole)), documents);
    let at = 0;
    for (const [name, bytes] of whole) {
      for (let byte = 0; byte < bytes.length; byte++) {
        const flipped = bytes.slice();
        flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (at++ % 8));
        const dir = await copyOf(new Map([...whole, [name, flipped]]));
        let error: unknown;
        let read: Document[] = [];
        try {
          read = await readAll(dir);
        } catch (thrown) {
          error = thrown;
        }
        // Bits that pad the last byte of a compressed block mean nothing.
        if (error === undefined) assertEquals(read, documents, `${name} at ${byte}`);
        else assert(error instanceof Error && error.message.includes(name), `${error}`);
        try {
          await using journal = await openJournal({ dir });
          assertEquals(journal.cut, undefined);
        } catch (thrown) {
          assert(thrown instanceof Error && thrown.message.includes(name), `${thrown}`);
        }
        assertEquals(
          await snapshot(dir),
          new Map([...whole, [name, flipped]]),
          `${name} at ${byte}`,
        );
      }
    }
  });
}

Deno.test("files that changed places are refused", async () => {
  const dir = await writeSmall({ seal: true });
  const [first, second] = ["000000", "000001"].map((name) => join(dir, `${name}.jsonl.gz`));
  await Deno.rename(first as string, `${first}.x`);
  await Deno.rename(second as string, first as string);
  await Deno.rename(`${first}.x`, second as string);
  await assertRejects(() => readJournal(dir), Error, "out of its place: it holds documents from");
});

Deno.test("what a mark or a checkpoint names is never taken for a torn tail", async () => {
  const dir = await writeSmall({ seal: false });
  const files = await snapshot(dir);
  const last = [...files.keys()].filter((name) => name.endsWith(".gz")).sort().at(-1) as string;
  await Deno.truncate(join(dir, last), (files.get(last)?.length ?? 0) - 1);
  const named = [{ documents: 12, by: "step-000008" }];
  const before = await snapshot(dir);
  await assertRejects(() => openJournal({ dir, named }), Error, "and step-000008 names 12");
  assertEquals(await snapshot(dir), before);
  // Nobody names them: they were never acknowledged.
  await using journal = await openJournal({ dir, named: [{ documents: 4, by: "step-000002" }] });
  assertEquals(journal.cut?.path, join(dir, last));
  assert(journal.count < 12);
});

Deno.test("a power cut may leave zeros for the last write, which are cut off", async () => {
  const dir = await scratchDir();
  {
    await using journal = await openJournal({ dir });
    for (const document of documents) await journal.append(document);
  }
  const path = join(dir, "000000.jsonl.gz");
  const { size } = await Deno.stat(path);
  const lines = new TextEncoder().encode("{}\n");
  const member = encodeMember(lines, { documents: 1, textBytes: 0, first: 12 });
  for (const kept of [0, 7, 40, member.length - 8]) {
    const torn = new Uint8Array(member.length);
    torn.set(member.subarray(0, kept));
    await Deno.writeFile(path, torn, { append: true });
    await using journal = await openJournal({ dir });
    assertEquals([journal.count, journal.cut?.bytes], [12, torn.length], `${kept} bytes`);
    assertEquals((await Deno.stat(path)).size, size);
  }
});
