/** Documents judged by files of the user's: quality, evaluations, hosts. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { prose, serveChain, writeCorpus } from "./corpus.ts";
import { isThere, openFolder, run } from "./program.ts";

const parse = (lines: string) => lines.trimEnd().split("\n").map((line) => JSON.parse(line));
const jsonLines = (records: readonly object[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("");

const offer = (index: number) =>
  `Click here to buy now! Offer ${index}: free shipping, best price, click, click, buy. `.repeat(5);

/** Good texts, bad ones, questions, and documents to judge by them. */
async function writeFiles(folder: string) {
  const at = (name: string) => join(folder, name);
  const texts = (make: (index: number) => string) =>
    jsonLines(Array.from({ length: 20 }, (_, index) => ({ text: make(index) })));
  await Deno.writeFile(at("good.jsonl.gz"), gzipSync(texts((index) => prose(index + 10))));
  await Deno.writeTextFile(at("bad.jsonl"), texts((index) => offer(index + 10)));
  const words = prose(2).split(" ");
  await Deno.writeTextFile(
    at("questions.jsonl"),
    jsonLines([
      { id: 7, question: "What is it?", choices: [words.slice(4, 16).join(" ")] },
      { id: 8, question: "And this?", choices: ["no", words.slice(20, 33).join(" ")] },
    ]),
  );
  await Deno.writeTextFile(at("in.jsonl"), jsonLines([1, 2, 3].map((i) => ({ text: prose(i) }))));
  await Deno.writeTextFile(at("ads.txt"), offer(1));
  return { at, quality: `${at("good.jsonl.gz")},${at("bad.jsonl")}` };
}

Deno.test("text keeps scores of quality and drops by them, and what an evaluation asks", async () => {
  await using folder = await openFolder();
  const { at, quality } = await writeFiles(folder.path);
  const judge = (...args: string[]) =>
    run([
      ...["text", "--quality", quality, "--dropped", at("dropped.jsonl"), ...args],
      ...[at("in.jsonl"), at("ads.txt")],
    ]);
  const judged = await judge("--decontaminate", at("questions.jsonl"));
  assertEquals(judged.code, 0, judged.err);
  const documents = parse(judged.out);
  assertEquals(documents.map(({ text }) => text), [prose(1), prose(3)]);
  assert(documents.every(({ scores }) => scores.quality > 0.9), judged.out);
  const drops = parse(await Deno.readTextFile(at("dropped.jsonl")));
  assertEquals(drops.map(({ reason }) => reason), ["contaminated", "low-quality"]);
  assertStringIncludes(drops[0].detail, `shares 13 words with ${at("questions.jsonl")}, line 2: `);
  assertMatch(drops[1].detail, /^quality is 0\.\d+, below --quality-threshold 0\.5$/);
  assertStringIncludes(judged.err, "1 of 2 items are shorter than 13 words and not found");
  // Everything stays where the score is only noted, and it is the same again.
  const noted = parse((await judge("--quality-threshold", "0")).out);
  assertEquals(noted.length, 4);
  assertEquals(noted[0].scores, documents[0].scores);
  assertEquals(drops[1].detail.split(" ")[2], `${noted[3].scores.quality},`);
});

Deno.test("files that cannot be judged by are refused, each with its line", async () => {
  await using folder = await openFolder();
  const { at, quality } = await writeFiles(folder.path);
  await Deno.writeTextFile(at("empty.jsonl"), "\n");
  await Deno.writeTextFile(at("broken.jsonl"), `{"text":"a"}\n{"text":\n`);
  await Deno.writeTextFile(at("short.txt"), "What is it?\nWho knows?\n");
  await Deno.writeTextFile(at("hosts"), "0.0.0.0 a.test\nnot a name\n");
  const cases: [string[], string][] = [
    [["--quality", at("bad.jsonl")], "it must name 2 files, separated by a comma"],
    [["--quality", `${at("none")},${at("bad.jsonl")}`], `--quality ${at("none")}: no such file`],
    [["--quality", `${at("empty.jsonl")},${at("bad.jsonl")}`], "there is no text among those that"],
    [["--quality", `${at("broken.jsonl")},${at("bad.jsonl")}`], "broken.jsonl, line 2: "],
    [["--quality", `${at("questions.jsonl")},${at("bad.jsonl")}`], "line 1: it must be an object"],
    [["--quality", quality, "--quality-threshold", "2"], "it must be a number from 0 to 1"],
    [["--quality-threshold", "0.5"], "Cannot use --quality-threshold without --quality GOOD,BAD"],
    [["--decontaminate", at("short.txt")], "none of its 2 items has 13 words in a row"],
    [["--decontaminate", at("broken.jsonl")], "broken.jsonl, line 2: "],
    [["--block-list", at("hosts")], "Cannot use --block-list: no source is an address"],
  ];
  for (const [args, message] of cases) {
    const { code, err, out } = await run(["text", ...args, at("in.jsonl")]);
    assertEquals([code, out], [2, ""], `${args}: ${err}`);
    assertStringIncludes(err, message);
  }
  const refused = await run(["text", "--block-list", at("hosts"), "http://b.test/"]);
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, `--block-list ${at("hosts")}, line 2: "not" is no address`);
});

Deno.test("a seed on a blocked host is refused and leaves nothing behind", async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  await using site = serveChain({ pages: 2 });
  await Deno.writeTextFile(at("hosts"), "0.0.0.0 other.test # nobody\n127.0.0.1\n");
  const list = ["--block-list", at("hosts"), "--allow-private"];
  const seed = `${site.origin}/0`;
  const refusal = `Cannot crawl ${seed}: its host is on a list that --block-list names`;
  for (
    const command of [["text"], ["crawl", "--output", at("c")], ["pipeline", "--run", at("r")]]
  ) {
    const { code, err } = await run([...command, ...list, seed]);
    assertEquals(code, 2, err);
    assertStringIncludes(err, refusal);
  }
  assertEquals([await isThere(at("c")), await isThere(at("r"))], [false, false]);
  // The crawl remembers its list, and what is not on it is asked for.
  await Deno.writeTextFile(at("hosts"), "0.0.0.0 other.test\n");
  const crawl = ["crawl", "--output", at("c"), ...list, "--delay", "0"];
  assertEquals((await run([...crawl, seed])).code, 0);
  const later = await run(["crawl", "--output", at("c"), "http://www.other.test/"]);
  assertStringIncludes(later.err, "http://www.other.test/: its host is on a list");
  // Until the list has changed and is not named anew.
  await Deno.writeTextFile(at("hosts"), "0.0.0.0 third.test\n");
  const changed = await run(["crawl", "--output", at("c")]);
  assertEquals(changed.code, 2);
  assertStringIncludes(changed.err, `${at("hosts")}: its text is not what the crawl began with;`);
  const named = await run(["crawl", "--output", at("c"), "--block-list", at("hosts")]);
  assertEquals(named.code, 0, named.err);
});

Deno.test("crawl judges as text does, and counts the links to blocked hosts", async () => {
  await using folder = await openFolder();
  const { at, quality } = await writeFiles(folder.path);
  const links = ["http://ads.other.test/1", "http://other.test/2", "/ads"];
  const pages: Record<string, string> = {
    "/": `<main><p>${prose(1)}</p></main>` +
      links.map((link) => `<a href="${link}">x</a>`).join(""),
    "/ads": `<main><p>${offer(1)}</p></main>`,
  };
  await using site = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const page = pages[new URL(url).pathname];
    return new Response(page ?? "no", {
      status: page === undefined ? 404 : 200,
      headers: { "content-type": "text/html" },
    });
  });
  await Deno.writeTextFile(at("domains"), "other.test\n");
  const { code, err, out } = await run([
    ...["crawl", "--output", at("c"), "--allow-private", "--delay", "0", "--scope", "any"],
    ...["--block-list", at("domains"), "--quality", quality, "--patience", "60000"],
    `http://127.0.0.1:${site.addr.port}/`,
  ]);
  assertEquals(code, 0, err);
  assertStringIncludes(out, "Pages: 2 seen, 1 document kept, 1 dropped (low-quality 1)");
  assertStringIncludes(out, "Links not followed: blocked-host 2");
  const [document] = parse(await Deno.readTextFile(at("c/documents.jsonl")));
  assert(document.scores.quality > 0.9);
});

Deno.test("a run keeps the digests of the files, and refuses to go on with others", async () => {
  await using folder = await openFolder();
  const { at, quality } = await writeFiles(folder.path);
  await writeCorpus(at("corpus"), { count: 12 });
  const args = [
    ...["pipeline", "--run", at("run"), "--steps", "2", "--vocab", "320", "--json"],
    ...["--quality", quality, at("corpus"), at("ads.txt")],
  ];
  const trained = await run(args);
  assertEquals(trained.code, 0, trained.err);
  const { settings } = JSON.parse(await Deno.readTextFile(at("run/run.json")));
  const digest = async (path: string) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex();
  const files = await Promise.all(
    quality.split(",").map(async (path) => ({ path, sha256: await digest(path) })),
  );
  assertEquals([settings.quality, settings.decontaminate], [files, undefined]);
  const [drop] = parse(await Deno.readTextFile(at("run/dropped.jsonl")));
  assertEquals([drop.item, drop.reason], [`file://${at("ads.txt")}`, "low-quality"]);
  await Deno.writeTextFile(at("bad.jsonl"), jsonLines([{ text: offer(99) }]));
  const again = await run(args);
  assertEquals(again.code, 2, again.out);
  assertMatch(again.err, /Cannot continue --run \S+ with --quality .* \(began with /);
  // Not named, the files of a corpus that is complete are not needed.
  const on = await run(["pipeline", "--run", at("run"), "--steps", "3", "--force", "--json"]);
  assertEquals(on.code, 0, on.err);
});
