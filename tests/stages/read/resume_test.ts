import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { isBarrier } from "../../../stages/barrier.ts";
import { warcResponse } from "../../../stages/crawl/mod.ts";
import { StageMeter } from "../../../stages/meter.ts";
import { read, type ReadCursor, readReadCursor } from "../../../stages/read/mod.ts";
import type { Barrier } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

const DOCUMENTS = new URL("../../fixtures/documents/", import.meta.url).pathname;

/** A folder with a file of every format that has more than one page, a broken one among them. */
async function folder(): Promise<string> {
  const dir = await scratchDir();
  const record = (n: number) =>
    warcResponse({
      url: `https://example.org/${n}`,
      contentType: "text/html",
      body: new TextEncoder().encode(`<p>${n}</p>`),
      fetchedAt: "2024-01-01T00:00:00.000Z",
      response: { status: 200, headers: [["Content-Type", "text/html"]] },
    });
  const torn = record(3);
  torn.fill(0xff, 30, 60);
  const files: Record<string, string | Uint8Array> = {
    "a.jsonl.gz": gzipSync('{"body":"one"}\nbroken\n{"body":"two"}\n'),
    "b.warc.gz": Buffer.concat([record(1), record(2), torn, record(4)]),
    "c.csv": 'body\nfirst\n"second\nrow"\nthird\n',
    "d.txt": "some lines\n".repeat(30),
    "e.png": "\x89PNG",
    "z.txt": "the end",
  };
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${dir}/${name}`, bytes);
  }
  // First in order, since each reading of them starts a thread.
  await Deno.copyFile(`${DOCUMENTS}rows.zstd.parquet`, `${dir}/0.parquet`);
  await Deno.copyFile(`${DOCUMENTS}book.epub`, `${dir}/1.epub`);
  return dir;
}

/** Reads on from a cursor: what comes, and where each barrier among it stands. */
async function readOn(dir: string, cursor?: ReadCursor) {
  const came: string[] = [];
  const barriers: { after: number; cursor: ReadCursor }[] = [];
  const meter = new StageMeter("read", ({ item, reason }) => came.push(`${item}: ${reason}`));
  const options = { paths: [dir], textField: "body", maxPartBytes: 100, meter };
  const barrier: Barrier = { cursors: {} };
  for await (
    const value of read<Barrier>({
      ...options,
      barrier,
      barrierBytes: 1,
      ...(cursor ? { cursor } : {}),
    })
  ) {
    if (!isBarrier(value)) came.push(value.url);
    else {
      const stood = readReadCursor(value.cursors.read);
      assert(stood, "a barrier without a cursor");
      barriers.push({ after: came.length, cursor: stood });
    }
  }
  return { came, barriers };
}

Deno.test("from every cursor, exactly what came after it comes again, drops too", async () => {
  const dir = await folder();
  const whole = await readOn(dir);
  assert(whole.barriers.length > 15, `${whole.barriers.length} barriers`);
  assert(whole.came.some((item) => item.includes("b.warc.gz#offset=")));
  for (const { after, cursor } of whole.barriers) {
    if (cursor.path.endsWith(".parquet") && cursor.pages % 4 !== 1) continue;
    const { came } = await readOn(dir, cursor);
    assertEquals(came, whole.came.slice(after), `${cursor.path} after ${cursor.pages} pages`);
  }
});
