import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parquetReadObjects } from "hyparquet";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { prose, serveChain } from "./corpus.ts";
import { isThere, openFolder, run, start } from "./program.ts";

const FILTERS = ["--near-duplicates", "--language", "en,de", "--mask-personal-data"];

/** Texts of which four stay, and why the others go. */
function records(): { text: string; reason?: string }[] {
  const german =
    "Die Mitglieder des Kongresses haben im vergangenen Jahr viel gearbeitet, und das Land " +
    "dankt ihnen dafür mit ganzem Herzen; es wird auch weiterhin Frieden und Arbeit geben. ";
  return [
    { text: prose(1) },
    { text: prose(1).replace(/\.$/, " indeed."), reason: "near-duplicate" },
    { text: prose(2) },
    { text: prose(1), reason: "duplicate" },
    { text: "Short.", reason: "too-short" },
    { text: `${prose(3)} Write to jane.doe@mail.net.` },
    { text: "これは日本語の文章です。今日はとても良い天気ですね。".repeat(20), reason: "language" },
    { text: german.repeat(2) },
  ];
}

async function writeRecords(folder: string): Promise<string> {
  const path = join(folder, "a.jsonl");
  await Deno.writeTextFile(path, records().map((record) => JSON.stringify(record)).join("\n"));
  return path;
}

const parse = (lines: string) => lines.trimEnd().split("\n").map((line) => JSON.parse(line));

Deno.test("text writes the same documents as JSON lines, gzipped, and as Parquet", async () => {
  await using folder = await openFolder();
  const path = await writeRecords(folder.path);
  const at = (name: string) => join(folder.path, name);
  const dropped = ["--keep-dropped", "--dropped", at("dropped.jsonl")];
  const printed = await run(["text", ...FILTERS, ...dropped, path]);
  assertEquals(printed.code, 0, printed.err);
  assertEquals(
    printed.err,
    "Pages: 8 seen, 4 documents kept, 4 dropped (duplicate 1, language 1, near-duplicate 1, " +
      `too-short 1), listed in ${at("dropped.jsonl")}\n`,
  );
  const documents = parse(printed.out);
  assertEquals(documents.map(({ url }) => Number(url.split("=").at(-1))), [1, 3, 6, 8]);
  assertEquals(documents.map(({ language }) => language), ["en", "en", "en", "de"]);
  assert(documents.every(({ scores }) => scores.language_score > 0.5));
  assert(documents[2].text.endsWith("Write to email@example.com."));
  for (const { text, contentHash } of documents) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    assertEquals(contentHash, new Uint8Array(digest).toHex());
  }
  const drops = parse(await Deno.readTextFile(at("dropped.jsonl")));
  const expected = records().filter(({ reason }) => reason !== undefined);
  assertEquals(
    drops.map(({ reason, text }) => [text, reason]),
    expected.map(({ text, reason }) => [text, reason]),
  );
  assertStringIncludes(drops[0].detail, `nearly the same as document ${documents[0].id} (`);

  for (const name of ["out.jsonl.gz", "out.parquet"]) {
    const written = await run(["text", ...FILTERS, "--output", at(name), path]);
    assertEquals([written.code, written.out], [0, ""], written.err);
    assertEquals(await isThere(at(`${name}.unfinished`)), false);
  }
  // Everything but the time of reading.
  const timeless = (rows: Record<string, unknown>[]) =>
    rows.map((row) => ({ ...row, fetchedAt: "" }));
  const unzipped = gunzipSync(await Deno.readFile(at("out.jsonl.gz"))).toString();
  assertEquals(timeless(parse(unzipped)), timeless(documents));
  const bytes = await Deno.readFile(at("out.parquet"));
  const rows = await parquetReadObjects({ file: bytes.buffer });
  const present = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).filter(([, value]) => value !== undefined && value !== null),
    )
  );
  assertEquals(timeless(present), timeless(documents));
});

Deno.test("documents of an earlier corpus are not taken again", async () => {
  await using folder = await openFolder();
  const [first, second] = [join(folder.path, "1.txt"), join(folder.path, "2.txt")];
  await Deno.writeTextFile(first, prose(1));
  await Deno.writeTextFile(second, prose(1).toUpperCase());
  const index = join(folder.path, "index.sqlite");
  const before = await run(["text", "--near-index", index, first]);
  const [{ id }] = parse(before.out);
  const other = join(folder.path, "3.txt");
  await Deno.writeTextFile(other, prose(2));
  const drops = join(folder.path, "dropped.jsonl");
  const after = await run(["text", "--dedup-against", index, "--dropped", drops, second, other]);
  assertEquals(parse(after.out).map(({ url }) => url), [`file://${other}`], after.err);
  const [drop] = parse(await Deno.readTextFile(drops));
  assertEquals([drop.item, drop.reason], [`file://${second}`, "near-duplicate"]);
  assertStringIncludes(drop.detail, `document ${id} in ${index} (14 of 14 bands)`);
});

Deno.test("text crawls, and a crawl that is stopped leaves whole records", async () => {
  await using folder = await openFolder();
  await using site = serveChain({ pages: 4 });
  const args = ["text", "--allow-private", `${site.origin}/0`];
  const whole = await run(args);
  assertEquals(whole.code, 0, whole.err);
  assertEquals(parse(whole.out).map(({ url }) => new URL(url).pathname), ["/0", "/1", "/2", "/3"]);

  await using slow = serveChain({ pages: 6 });
  const held = slow.hold(4);
  const output = join(folder.path, "out.jsonl");
  await using program = start([
    ...["text", "--allow-private", "--output", output],
    `${slow.origin}/0`,
  ]);
  await program.until(held.asked);
  program.kill("SIGINT");
  const { code, err } = await program.ended;
  assertEquals(code, 130, err);
  assertMatch(err, /^stopping; Ctrl-C again ends at once$/m);
  const kept = parse(await Deno.readTextFile(output));
  held.release();
  assert(kept.length > 0 && kept.length <= 4, `${kept.length}`);
  assertStringIncludes(err, `${kept.length} document`);
});

/** What takes addresses on loopback, where there are any. */
const needed = (args: readonly string[]) =>
  args.some((arg) => arg.startsWith("http")) ? ["--allow-private"] : [];

Deno.test("text and pipeline fail where none of its addresses, or none of its files, came through", async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const nowhere = `http://127.0.0.1:${closed.addr.port}/`;
  closed.close();
  const text = (...args: string[]) =>
    run(["text", ...needed(args), "--dropped", at("dropped.jsonl"), ...args]);
  const lost = await text(nowhere);
  assertEquals([lost.code, lost.out], [1, ""]);
  assertStringIncludes(lost.err, `\nerror: Cannot crawl ${nowhere}: network-error (`);
  assertStringIncludes(lost.err, `; see ${at("dropped.jsonl")}\n`);
  const both = await text(nowhere, `${nowhere}b`);
  assertEquals(both.code, 1);
  assertStringIncludes(both.err, "; none of 2 addresses was fetched; see ");
  const untrained = await run(["pipeline", "--run", at("run"), "--allow-private", nowhere]);
  assertEquals(untrained.code, 1);
  assertStringIncludes(untrained.err, `error: Cannot crawl ${nowhere}: network-error (`);
  assertStringIncludes(untrained.err, `; see ${at("run")}/dropped.jsonl\n`);

  // What did come through is written all the same.
  const good = at("good.txt"), broken = at("broken.pdf");
  await Deno.writeTextFile(good, prose(1));
  const mixed = await text("--output", at("out.jsonl"), nowhere, good);
  assertEquals(mixed.code, 1);
  assertEquals(parse(await Deno.readTextFile(at("out.jsonl"))).map(({ url }) => url), [
    `file://${good}`,
  ]);
  await Deno.writeTextFile(broken, "%PDF-1.7\nand no more");
  const unread = await text(broken);
  assertEquals(unread.code, 1);
  assertStringIncludes(unread.err, `error: Cannot read ${broken}: malformed (`);

  // One address of several, a file of several: that is told, no more.
  await using site = serveChain({ pages: 1 });
  for (const operands of [[nowhere, `${site.origin}/0`], [broken, good]]) {
    const { code, err } = await text(...operands);
    assertEquals(code, 0, err);
    assertStringIncludes(err, "1 dropped (");
  }

  // Nothing to write, as nothing to train on for `pipeline`.
  const [empty, short] = [at("empty.txt"), at("short.txt")];
  await Deno.writeTextFile(empty, "");
  await Deno.writeTextFile(short, "too short");
  const nothing = await run(["text", empty, short]);
  assertEquals([nothing.code, nothing.out], [2, ""]);
  assertStringIncludes(
    nothing.err,
    "error: Cannot extract text: no document came out of 2 pages (dropped empty 1, too-short 1); " +
      "name --dropped FILE to see them, and start again with a lower --min-chars, other sources",
  );
});

/** Runs `text ...args` with `input` on its standard input. */
async function pipe(input: Uint8Array<ArrayBuffer>, args: readonly string[]) {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", main, "text", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  await new Blob([input]).stream().pipeTo(child.stdin);
  const { code, stdout, stderr } = await output;
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("text reads standard input, whatever is in it", async () => {
  const records = new TextEncoder().encode(
    [prose(1), prose(2)].map((text) => JSON.stringify({ body: text })).join("\n"),
  );
  const { code, out, err } = await pipe(new Uint8Array(gzipSync(records)), [
    "--text-field",
    "body",
    "-",
  ]);
  assertEquals(code, 0, err);
  assertEquals(parse(out).map(({ url, text }) => [url, text]), [
    ["file:///dev/stdin#line=1", prose(1)],
    ["file:///dev/stdin#line=2", prose(2)],
  ]);
});

Deno.test("a stop is heard while standard input is silent", async () => {
  await using folder = await openFolder();
  const fifo = join(folder.path, "fifo");
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  // Open on both sides: the pipe neither ends nor says more than one record.
  using writer = await Deno.open(fifo, { read: true, write: true });
  await writer.write(new TextEncoder().encode(`${JSON.stringify({ text: prose(1) })}\n`));
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const child = new Deno.Command("sh", {
    args: ["-c", `exec "${Deno.execPath()}" run --allow-all "${main}" text - < "${fifo}"`],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assertEquals(parse(new TextDecoder().decode(value))[0].text, prose(1));
  child.kill("SIGINT");
  await reader.cancel();
  const err = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 130, err);
});
