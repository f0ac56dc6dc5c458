/**
 * The crawl command against a site on loopback: killed at random moments, it ends with each document
 * once and fetches nothing again that was stored for good. `CLLM_KILLS` says how many kills;
 * `CLLM_SEED` repeats a sequence.
 */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import { WARCParser } from "warcio";
import { randomStream } from "../../model/random.ts";
import { openFolder, run, start } from "./program.ts";

const KILLS = Number(Deno.env.get("CLLM_KILLS") ?? 4);
const SEED = Number(Deno.env.get("CLLM_SEED") ?? Date.now());
const PAGES = 150;

/** A tree of pages, three links each, so much text in every one that twenty fill a batch. */
function serveTree() {
  const requests: string[] = [];
  let onRequest = () => {};
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const { pathname } = new URL(url);
    const at = Number(pathname.slice(1));
    requests.push(url);
    onRequest();
    if (pathname === "/robots.txt" || !(at < PAGES)) return new Response("no", { status: 404 });
    const links = [1, 2, 3].map((i) => `<a href="/${3 * at + i}">x</a>`).join("");
    const text = `Page ${at} says more than a few words, so that it is kept. `.repeat(1000);
    return new Response(`<title>${at}</title><main><p>${text}</p></main>${links}`, {
      headers: { "content-type": "text/html" },
    });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    /** Addresses asked for, in order. */
    requests,
    /** Calls `act` when `count` more requests have come. */
    after(count: number, act: () => void) {
      const due = requests.length + count;
      onRequest = () => {
        if (requests.length === due) act();
      };
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

interface Stored {
  readonly url: string;
  readonly text: string;
  readonly warc: { readonly file: string; readonly offset: number };
}

async function documentsOf(out: string): Promise<Stored[]> {
  const lines = (await Deno.readTextFile(join(out, "documents.jsonl"))).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

Deno.test(`${KILLS} kills of a crawl leave each document once (CLLM_SEED=${SEED})`, async () => {
  const random = randomStream(SEED, { name: "crawl-kill" });
  await using folder = await openFolder();
  await using site = serveTree();
  const args = (out: string) => [
    ...["crawl", "--out", out, "--warc", join(out, "warc"), "--allow-private", "--delay", "0"],
    `${site.origin}/0`,
  ];
  const calm = join(folder.path, "calm");
  const { code, err } = await run(args(calm));
  assertEquals(code, 0, err);
  const expected = (await documentsOf(calm)).map(({ url }) => url);
  assertEquals(expected, Array.from({ length: PAGES }, (_, i) => `${site.origin}/${i}`));

  const out = join(folder.path, "storm");
  for (let kills = 0; kills < KILLS; kills++) {
    const [sure, from] = [acknowledgedOf(out), site.requests.length];
    await using program = start(args(out));
    // The first comes half way, where some batches are sure and others are not.
    const count = kills === 0 ? PAGES / 2 : Math.ceil(PAGES * random.uniform(kills));
    const killed = Promise.withResolvers<void>();
    site.after(count, () => {
      const sureOfSome = kills === 0 ? someAcknowledged(out) : Promise.resolve();
      killed.resolve(sureOfSome.then(() => program.kill("SIGKILL")));
    });
    await Promise.race([killed.promise, program.ended]);
    await program.ended;
    assertEquals(site.requests.slice(from).filter((url) => sure.has(url)), []);
    if (kills > 0) continue;
    const { size } = acknowledgedOf(out);
    assert(size > 0 && size < PAGES, `${size} pages were acknowledged before the first kill`);
  }
  const [sure, from] = [acknowledgedOf(out), site.requests.length];
  assertEquals((await run(args(out))).code, 0);
  assertEquals(site.requests.slice(from).filter((url) => sure.has(url)), []);
  const documents = await documentsOf(out);
  assertEquals(documents.map(({ url }) => url), expected);

  // Every document names the record that it came from, and its digests are those of its bytes.
  const file = await Deno.readFile(join(out, "warc", "crawl-00000.warc.gz"));
  const record = (from: number, to: number) =>
    new TextDecoder().decode(gunzipSync(file.subarray(from, to)));
  const offsets = documents.map(({ warc }) => warc.offset);
  assertEquals(record(0, offsets[0] ?? 0).startsWith("WARC/1.1\r\nWARC-Type: warcinfo\r\n"), true);
  for (const [at, { url }] of documents.entries()) {
    const text = record(offsets[at] ?? 0, offsets[at + 1] ?? file.length);
    const [head = "", http = "", ...body] = text.split("\r\n\r\n");
    assert(head.includes(`\r\nWARC-Target-URI: ${url}\r\n`), head);
    const block = `${http}\r\n\r\n${body.join("\r\n\r\n")}`.slice(0, -4);
    assertEquals(Number(/Content-Length: (\d+)/.exec(head)?.[1]), block.length);
    const digest = createHash("sha1").update(block).digest();
    assertEquals(fromBase32(/WARC-Block-Digest: sha1:(\w+)/.exec(head)?.[1] ?? ""), [...digest]);
  }
  assertEquals(await readByWarcio(file), documents.map(({ url, warc }) => [warc.offset, url]));
});

/** Where each response record begins and what it is of, as another program reads the file. */
async function readByWarcio(
  file: Uint8Array<ArrayBuffer>,
): Promise<[number, string | null | undefined][]> {
  const parser = new WARCParser(new Blob([file]).stream());
  const found: [number, string | null | undefined][] = [];
  for await (const record of parser) {
    const text = await record.contentText();
    if (record.warcType !== "response") continue;
    assertEquals(record.httpHeaders?.statusline, "HTTP/1.1 200 OK");
    assert(text.includes("says more than a few words"), text.slice(0, 200));
    found.push([parser.offset, record.warcTargetURI]);
  }
  return found;
}

/** Addresses whose pages are stored for good. */
function acknowledgedOf(out: string): Set<string> {
  const path = join(out, "frontier.sqlite");
  if (!existsSync(path)) return new Set();
  using db = new DatabaseSync(path);
  return new Set(
    db.prepare("SELECT url FROM urls WHERE state = 'done'").all().map(({ url }) => String(url)),
  );
}

/** Waits until some are. */
async function someAcknowledged(out: string): Promise<void> {
  using watcher = Deno.watchFs(out);
  if (acknowledgedOf(out).size > 0) return;
  for await (const _ of watcher) if (acknowledgedOf(out).size > 0) return;
}

/** RFC 4648 section 6. */
function fromBase32(text: string): number[] {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = Array.from(text, (c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
  return Array.from(
    { length: bits.length / 8 },
    (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8), 2),
  );
}
