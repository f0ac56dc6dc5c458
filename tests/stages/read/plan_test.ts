import { assert, assertEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { StageMeter } from "../../../stages/meter.ts";
import { planParts, read, readPart } from "../../../stages/read/mod.ts";
import type { Page } from "../../../stages/types.ts";

/** What is read of all paths at once, and part by part: pages and drops. */
async function bothWays(paths: string[], partBytes: number) {
  const seen = (pages: Page[]) =>
    pages.map(({ url, body, warc }) => [url, warc?.offset, new TextDecoder().decode(body)]);
  const drops = { whole: [] as string[], parts: [] as string[] };
  const meterOf = (kind: keyof typeof drops) =>
    new StageMeter("read", ({ item, reason }) => drops[kind].push(`${item} ${reason}`));
  const whole = await Array.fromAsync(read({ paths, meter: meterOf("whole") }));
  const parts = await Array.fromAsync(planParts({ paths, partBytes }));
  const pages: Page[] = [];
  const meter = meterOf("parts");
  for (const part of parts) pages.push(...await Array.fromAsync(readPart(part, { meter })));
  assertEquals(seen(pages), seen(whole));
  assertEquals(drops.parts, drops.whole);
  return { parts, pages };
}

Deno.test("the parts of JSON lines hold its records under their numbers", async () => {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  const lines = Array.from(
    { length: 500 },
    (_, i) =>
      i % 50 === 7 ? "{broken" : JSON.stringify({ text: `Zeile ${i}: ${"ä".repeat(i % 90)}` }),
  );
  await Deno.writeTextFile(path, `\ufeff${lines.join("\r\n")}\n\nlast`);
  for (const partBytes of [1, 100, 4096, 1e6]) {
    const { parts, pages } = await bothWays([path], partBytes);
    assertEquals(pages.length, 490);
    assert(partBytes < 1e6 ? parts.length > 5 : parts.length === 1);
  }
});

Deno.test("the parts of a compressed archive hold each record once, wherever it is cut", async () => {
  const path = await Deno.makeTempFile({ suffix: ".warc.gz" });
  // Bytes that look like the beginning of a member are inside of some.
  const lookalike = "\x1f\x8b\x08\x00";
  const members = Array.from({ length: 60 }, (_, i) => {
    const body = `<p>Page ${i} ${crypto.randomUUID().repeat(i % 7)}</p>`;
    const block = `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n${body}`;
    const head = `WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.test/${i}\r\n` +
      `WARC-Date: 2024-01-01T00:00:00Z\r\nContent-Type: application/http\r\n` +
      `Content-Length: ${block.length}\r\n\r\n`;
    const record = new TextEncoder().encode(`${head}${block}\r\n\r\n`);
    const level = i % 5 === 0 ? 0 : 6;
    const stored = i === 10 ? new TextEncoder().encode(`${head}${block}${lookalike}`) : record;
    return gzipSync(stored, { level });
  });
  await Deno.writeFile(path, new Uint8Array(members.flatMap((member) => [...member])));
  for (const partBytes of [50, 333, 5000]) {
    const { pages } = await bothWays([path], partBytes);
    assertEquals(pages.length, 60);
  }
});

Deno.test("the parts of an archive that is not compressed begin with its records", async () => {
  const path = await Deno.makeTempFile({ suffix: ".warc" });
  const records = Array.from({ length: 60 }, (_, i) => {
    const block = `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<p>${
      `Page ${i} `.repeat(i)
    }</p>`;
    // A record that says that it is shorter than it is, and one that is not there for its head.
    const length = i === 17 ? block.length - 30 : block.length;
    return i === 40 ? "WARC/1.1\r\nWARC-Type: response\r\n\r\nno length\r\n\r\n" : [
      "WARC/1.1\r\nWARC-Type: response",
      `WARC-Target-URI: http://a.test/${i}`,
      "WARC-Date: 2024-01-01T00:00:00Z",
      "Content-Type: application/http",
      `Content-Length: ${length}\r\n\r\n${block}\r\n\r\n`,
    ].join("\r\n");
  });
  await Deno.writeTextFile(path, records.join(""));
  for (const partBytes of [1, 333, 5000]) {
    const { parts, pages } = await bothWays([path], partBytes);
    assertEquals(pages.length, 59);
    assert(parts.length > 3);
  }
});

Deno.test("the parts of a table hold each of its row groups once, under the numbers of its rows", async () => {
  const path = await Deno.makeTempFile({ suffix: ".parquet" });
  const data = Array.from({ length: 1000 }, (_, i) => `Row ${i} ${crypto.randomUUID()}`);
  const columnData = [{ name: "text", data, type: "STRING" as const }];
  await Deno.writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100 })));
  const { parts, pages } = await bothWays([path], 20_000);
  assertEquals([pages.length, parts.length], [1000, 3]);
});

Deno.test("small files share a part, in the order of their names", async () => {
  const dir = await Deno.makeTempDir();
  for (let i = 0; i < 30; i++) await Deno.writeTextFile(`${dir}/${i}.txt`, `Text ${i}.`);
  await Deno.writeTextFile(`${dir}/big.jsonl`, '{"text":"one"}\n{"text":"two"}\n'.repeat(9));
  const { parts } = await bothWays([dir], 80);
  assert(parts.length > 5 && parts.length < 15);
});

Deno.test("a file that is another on this machine is refused", async () => {
  const path = await Deno.makeTempFile({ suffix: ".txt" });
  await Deno.writeTextFile(path, "a text");
  const [part] = await Array.fromAsync(planParts({ paths: [path], partBytes: 10 }));
  assert(part);
  await Deno.writeTextFile(path, "another text");
  await assertRejects(
    () => Array.fromAsync(readPart(part)),
    Error,
    `Cannot read ${path} on this node: it has 12 bytes here and 6 where the run was planned`,
  );
});
