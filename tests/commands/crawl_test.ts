/**
 * The crawl command against a site on loopback: killed at random moments, it ends with each document
 * once. `CLLM_KILLS` says how many kills; `CLLM_SEED` repeats a sequence.
 */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { randomStream } from "../../model/random.ts";
import { openFolder, run, start } from "./program.ts";

const KILLS = Number(Deno.env.get("CLLM_KILLS") ?? 4);
const SEED = Number(Deno.env.get("CLLM_SEED") ?? Date.now());
const PAGES = 150;

/** A tree of pages, three links each, some text in every one. */
function serveTree() {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const { pathname } = new URL(url);
    const at = Number(pathname.slice(1));
    if (pathname === "/robots.txt" || !(at < PAGES)) return new Response("no", { status: 404 });
    const links = [1, 2, 3].map((i) => `<a href="/${3 * at + i}">x</a>`).join("");
    const text = `Page ${at} says more than a few words, so that it is kept. `.repeat(20);
    return new Response(`<title>${at}</title><main><p>${text}</p></main>${links}`, {
      headers: { "content-type": "text/html" },
    });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
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
  const begun = performance.now();
  const { code, err } = await run(args(calm));
  assertEquals(code, 0, err);
  const undisturbedMs = performance.now() - begun;
  const expected = (await documentsOf(calm)).map(({ url }) => url);
  assertEquals(expected, Array.from({ length: PAGES }, (_, i) => `${site.origin}/${i}`));

  const out = join(folder.path, "storm");
  for (let kills = 0; kills < KILLS; kills++) {
    await using program = start(args(out));
    const timer = setTimeout(
      () => program.kill("SIGKILL"),
      undisturbedMs * random.uniform(kills),
    );
    await program.ended;
    clearTimeout(timer);
  }
  assertEquals((await run(args(out))).code, 0);
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
});

/** RFC 4648 section 6. */
function fromBase32(text: string): number[] {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = Array.from(text, (c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
  return Array.from(
    { length: bits.length / 8 },
    (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8), 2),
  );
}
