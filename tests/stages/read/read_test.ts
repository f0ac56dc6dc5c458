import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { pathToFileURL } from "node:url";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { read, type ReadOptions } from "../../../stages/read/mod.ts";

/** A folder with these files in it; removed at the end of the block. */
async function folderOf(files: Record<string, string | Uint8Array>) {
  const path = await Deno.makeTempDir({ prefix: "read_test_" });
  for (const [name, content] of Object.entries(files)) {
    const file = `${path}/${name}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(
      file,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** What reading gives, URLs relative to `folder`. */
async function readAll(folder: string, options: Partial<ReadOptions> = {}) {
  const base = pathToFileURL(`${folder}/`).href;
  const drops: Drop[] = [];
  const meter = new StageMeter("read", (drop) => drops.push(drop));
  const pages: { name: string; type: string; text: string }[] = [];
  for await (const page of read({ paths: [folder], meter, ...options })) {
    pages.push({
      name: page.url.replace(base, ""),
      type: page.contentType,
      text: new TextDecoder().decode(page.body),
    });
  }
  const dropped = drops.map(({ item, reason }) =>
    `${item.replace(base, "").replace(`${folder}/`, "")}: ${reason}`
  );
  return { pages, dropped };
}

Deno.test("a folder is read recursively, sorted by name, each format with its media type", async () => {
  await using folder = await folderOf({
    "b.txt": "text",
    "a/z.htm": "<p>z</p>",
    "a/B.HTML": "<p>b</p>",
    "c.md": "# Title",
    "d.txt.gz": gzipSync("packed"),
    "e.jsonl": '{"text":"one"}\n\n{"text":"two","n":2}',
    "f.png": "no",
  });
  const { pages, dropped } = await readAll(folder.path);
  assertEquals(pages, [
    { name: "a/B.HTML", type: "text/html", text: "<p>b</p>" },
    { name: "a/z.htm", type: "text/html", text: "<p>z</p>" },
    { name: "b.txt", type: "text/plain; charset=utf-8", text: "text" },
    { name: "c.md", type: "text/markdown; charset=utf-8", text: "# Title" },
    { name: "d.txt.gz", type: "text/plain; charset=utf-8", text: "packed" },
    { name: "e.jsonl#line=1", type: "text/plain; charset=utf-8", text: "one" },
    { name: "e.jsonl#line=3", type: "text/plain; charset=utf-8", text: "two" },
  ]);
  assertEquals(dropped, ["f.png: unsupported-type"]);
});

Deno.test("bad items are dropped with the reason, and what follows is read", async () => {
  const packed = gzipSync("a text that is long enough to be cut in the middle");
  await using folder = await folderOf({
    "a.txt.gz": packed.subarray(0, packed.length - 12),
    "b.txt.gz": "not gzip, whatever its name",
    "c.txt": new Uint8Array([0x61, 0xff, 0x62]),
    "d.jsonl": '{"text":1}\n{broken\n{"text":"good"}\n[1]\n{"toString":"x"}\n',
    "e.html": "x".repeat(101),
    "f.jsonl": `{"text":"${"y".repeat(200)}"}\n{"text":"short"}\n`,
    "g.txt": "",
    "h.txt": "last",
  });
  const { pages, dropped } = await readAll(folder.path, { maxFileBytes: 100 });
  assertEquals(pages.map(({ text }) => text), [
    "not gzip, whatever its name",
    "good",
    "short",
    "last",
  ]);
  assertEquals(dropped, [
    "a.txt.gz: malformed",
    "c.txt: malformed",
    "d.jsonl#line=1: malformed",
    "d.jsonl#line=2: malformed",
    "d.jsonl#line=4: malformed",
    "d.jsonl#line=5: malformed",
    "e.html: too-large",
    "f.jsonl#line=1: too-large",
    "g.txt: empty",
  ]);
});

Deno.test("what is wrong with a record names the line of the file and no other", async () => {
  await using folder = await folderOf({ "a.jsonl": '{"text":"one"}\n{broken\n' });
  const drops: Drop[] = [];
  const meter = new StageMeter("read", (drop) => drops.push(drop));
  await Array.fromAsync(read({ paths: [folder.path], meter }));
  const [drop] = drops;
  assertMatch(drop?.item ?? "", /a\.jsonl#line=2$/);
  assertMatch(drop?.detail ?? "", /^Expected .* at position 1$/);
});

Deno.test("a record nested without end is dropped before anything is built of it", async () => {
  const nested = (depth: number) =>
    `{"text":"deep","n":${"[".repeat(depth)}"]]\\"${"{"}"${"]".repeat(depth)}}`;
  await using folder = await folderOf({ "a.jsonl": [511, 512, 1_000_000].map(nested).join("\n") });
  const { pages, dropped } = await readAll(folder.path);
  assertEquals(pages.map(({ name }) => name), ["a.jsonl#line=1"]);
  assertEquals(dropped, ["a.jsonl#line=2: malformed", "a.jsonl#line=3: malformed"]);
});

Deno.test("a long text is cut at line ends, and never inside a code point", async () => {
  const lines = Array.from({ length: 40 }, (_, i) => `line ${i} é€😀\n`).join("");
  const unbroken = "aé€😀".repeat(30);
  await using folder = await folderOf({ "a.txt": lines, "b.txt": unbroken });
  for (const maxPartBytes of [23, 24, 25, 26, 64, 1000]) {
    const { pages, dropped } = await readAll(folder.path, { maxPartBytes });
    assertEquals(dropped, []);
    const a = pages.filter(({ name }) => name.startsWith("a.txt"));
    assertEquals(a.map(({ text }) => text).join(""), lines);
    assert(a.every(({ text }) => text.endsWith("\n")));
    const b = pages.filter(({ name }) => name.startsWith("b.txt"));
    assertEquals(b.map(({ text }) => text).join(""), unbroken);
    const expected = a.length === 1 ? ["a.txt"] : a.map((_, i) => `a.txt#part=${i + 1}`);
    assertEquals(a.map(({ name }) => name), expected);
  }
});

Deno.test("lines and code points may cross chunks, in gzip of several members too", async () => {
  const text = "é".repeat(100_000); // a file's chunks are 64 KiB: some end inside an é
  await using folder = await folderOf({
    "a.jsonl": `${JSON.stringify({ text })}\r\n{"text":"end"}`,
    "b.jsonl.gz": new Uint8Array([...gzipSync('{"text":"fir'), ...gzipSync('st"}\n')]),
    "c.txt": new Uint8Array([0xfe, 0xff, 0x00, 0x68, 0x20, 0xac]), // UTF-16BE "h€"
  });
  const { pages, dropped } = await readAll(folder.path);
  assertEquals(dropped, []);
  assertEquals(pages.map(({ text }) => text), [text, "end", "first", "h€"]);
});

Deno.test("the text field can be named", async () => {
  await using folder = await folderOf({ "a.jsonl": '{"content":"x","text":"y"}\n' });
  const { pages } = await readAll(folder.path, { textField: "content" });
  assertEquals(pages.map(({ text }) => text), ["x"]);
});

Deno.test("links inside a folder are not followed", async () => {
  await using outside = await folderOf({ "secret.txt": "secret" });
  await using folder = await folderOf({ "a.txt": "plain" });
  await Deno.symlink(`${outside.path}/secret.txt`, `${folder.path}/b.txt`);
  await Deno.symlink(folder.path, `${folder.path}/loop`);
  const { pages, dropped } = await readAll(folder.path);
  assertEquals(pages.map(({ text }) => text), ["plain"]);
  assertEquals(dropped, ["b.txt: unsupported-type", "loop: unsupported-type"]);
});

Deno.test("a path that does not exist, or is of no known format, is refused at once", async () => {
  await using folder = await folderOf({
    "a.txt": new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    "b": new Uint8Array([0, 1, 2]),
  });
  assertThrows(
    () => read({ paths: [folder.path, "/no/such/path"] }),
    Deno.errors.NotFound,
    "Cannot read /no/such/path: no such file or folder",
  );
  for (const [name, what] of [["a.txt", "an image"], ["b", "binary data"]]) {
    assertThrows(
      () => read({ paths: [`${folder.path}/${name}`] }),
      TypeError,
      `Cannot read ${folder.path}/${name}: ${what}; docs/reading.md has the formats`,
    );
  }
});

Deno.test("a file that vanishes after the start is dropped as unreadable", async () => {
  await using folder = await folderOf({ "a.txt": "a", "b.txt": "b" });
  const meter = new StageMeter("read");
  const paths = [`${folder.path}/a.txt`, `${folder.path}/b.txt`];
  const stream = read({ paths, meter });
  await Deno.remove(`${folder.path}/a.txt`);
  const pages = await Array.fromAsync(stream);
  assertEquals(pages.map(({ body }) => new TextDecoder().decode(body)), ["b"]);
  assertEquals(meter.counts().dropped, { "unreadable": 1 });
});

Deno.test("a folder with nothing to read gives no page", async () => {
  await using folder = await folderOf({});
  assertEquals(await readAll(folder.path), { pages: [], dropped: [] });
});

Deno.test("a large gzip is streamed: cancelling early and reading on hold few bytes", async () => {
  // 64 MiB of lines in a file of a few hundred KiB.
  const record = `${JSON.stringify({ text: "all work and no play ".repeat(50) })}\n`;
  const block = gzipSync(record.repeat(1000));
  const copies = Math.ceil(64 * 2 ** 20 / (record.length * 1000));
  await using folder = await folderOf({
    "big.jsonl.gz": new Uint8Array(Array<Uint8Array>(copies).fill(block).flatMap((b) => [...b])),
  });
  let count = 0;
  let peak = 0;
  const before = Deno.memoryUsage().rss;
  for await (const page of read({ paths: [folder.path] })) {
    assert(page.body.byteLength === 1050);
    if (count++ % 1000 === 0) peak = Math.max(peak, Deno.memoryUsage().rss - before);
  }
  assertEquals(count, copies * 1000);
  assert(peak < 48 * 2 ** 20, `resident memory grew by ${peak} bytes`);

  const reader = read({ paths: [folder.path] }).getReader();
  await reader.read();
  await reader.cancel();
});

Deno.test("aborting ends the stream with the signal's reason", async () => {
  await using folder = await folderOf({ "a.jsonl": '{"text":"x"}\n'.repeat(100) });
  const stop = new AbortController();
  const reader = read({ paths: [folder.path], signal: stop.signal }).getReader();
  await reader.read();
  stop.abort(new Error("stopped by the user"));
  await assertRejects(() => reader.read(), Error, "stopped by the user");
});
