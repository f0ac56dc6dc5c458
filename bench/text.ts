/**
 * How fast do web pages in a WARC file become clean text in JSON lines, on one core, and which part
 * takes the time? Beside Readability, and what a Python has of trafilatura and resiliparse.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../cli/flags.ts";
import { extractDocument } from "../stages/extract/mod.ts";
import { read } from "../stages/read/mod.ts";
import {
  loadLanguageDetector,
  openNearIndex,
  openSeenTexts,
  refine,
} from "../stages/refine/mod.ts";
import type { Document, Page } from "../stages/types.ts";
import { openNodePeers, openPythonPeers, type Peers } from "./extract_peers.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { median } from "./median.ts";

/** Parts of the work in their order, each of which takes what the one before has made. */
type Part = "read" | "extract" | "language" | "refine" | "near" | "write";

/**
 * Runs `bench text FOLDER... [--pages N] [--rounds N] [--alone] [--python PROGRAM] [--json]` on the
 * .html files of the folders, N of each. The parts: WARC and gzip read; text taken out (`fast`);
 * languages detected; text cleaned, hashed and compared with all before; near duplicates; JSON
 * written. Node with npm is needed unless `--alone`.
 */
export async function run(args: string[]): Promise<void> {
  const options = { pages: TEXT, rounds: TEXT, alone: SWITCH, python: TEXT, json: SWITCH };
  const { values: flags, positionals } = parseArgs({ args, options, allowPositionals: true });
  const rounds = Number(flags.rounds ?? 3);
  const files: string[] = [];
  for (const folder of positionals) files.push(...await htmlIn(folder, Number(flags.pages ?? 200)));
  if (files.length === 0) {
    throw new UsageError("Cannot bench text: name folders with .html files");
  }
  await Deno.mkdir("runs", { recursive: true });
  const scratch = await Deno.realPath(await Deno.makeTempDir({ dir: "runs", prefix: "bench-" }));
  try {
    const warc = join(scratch, "pages.warc.gz");
    const bytes = await writeWarc(warc, files);
    const detect = await loadLanguageDetector();
    const seconds: Record<Part, number[]> = {
      ...{ read: [], extract: [], language: [], refine: [], near: [], write: [] },
    };
    let kept = 0;
    for (let round = 0; round <= rounds; round++) {
      const time = async <T>(part: Part, work: () => T | Promise<T>): Promise<T> => {
        const start = performance.now();
        const result = await work();
        // The first round warms up.
        if (round > 0) seconds[part].push((performance.now() - start) / 1000);
        return result;
      };
      const pages = await time("read", () => Array.fromAsync(read({ paths: [warc] })));
      const texts = await time("extract", () => documentsOf(pages));
      await time("language", () => texts.forEach(({ text }) => detect(text)));
      using seen = openSeenTexts(":memory:");
      const source = ReadableStream.from(texts);
      const documents = await time(
        "refine",
        () => Array.fromAsync(source.pipeThrough(refine({ seen }))),
      );
      using near = openNearIndex(":memory:");
      const fresh = await time(
        "near",
        () => documents.filter(({ text, id }) => near.matchOrAdd(text, id) === undefined),
      );
      await time("write", () =>
        Deno.writeTextFile(
          join(scratch, "text.jsonl"),
          fresh.map((document) => JSON.stringify(document) + "\n").join(""),
        ));
      kept = fresh.length;
    }
    const parts = Object.fromEntries(
      Object.entries(seconds).map(([part, figures]) => [part, median(figures)]),
    );
    const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
    const speed = (seconds: number) => ({
      pagesPerSecond: files.length / seconds,
      megabytesPerSecond: bytes / seconds / 1e6,
    });
    const shares = Object.entries(parts).map(([part, of]) => [
      part,
      { msPerPage: 1000 * of / files.length, share: of / total },
    ]);
    const result = {
      pages: files.length,
      kept,
      megabytes: bytes / 1e6,
      perCore: speed(total),
      parts: Object.fromEntries(shares),
      extractionAlone: {
        fast: speed(parts.extract ?? NaN),
        ...await peersOf(files, { flags, scratch, speed }),
      },
    };
    if (flags.json) return console.log(JSON.stringify(result));
    console.log(result);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

function documentsOf(pages: readonly Page[]): Document[] {
  return pages.flatMap((page) => {
    const found = extractDocument(page, { engine: "fast" });
    return "reason" in found ? [] : [found];
  });
}

/** Seconds that others take to extract the same files, by their names. */
async function peersOf(
  files: readonly string[],
  { flags, scratch, speed }: {
    flags: { alone?: boolean; python?: string };
    scratch: string;
    speed: (seconds: number) => object;
  },
): Promise<Record<string, object>> {
  await using resources = new AsyncDisposableStack();
  const peers: Peers[] = [];
  if (!flags.alone) peers.push(resources.use(await openNodePeers(scratch)));
  if (flags.python !== undefined) peers.push(resources.use(openPythonPeers(flags.python)));
  const ms: Record<string, number> = {};
  for (const file of files) {
    for (const peer of peers) {
      for (const answer of await peer.extract(file)) {
        ms[answer.name] = (ms[answer.name] ?? 0) + answer.ms;
      }
    }
  }
  const skipped = flags.alone ? { readability: { skipped: "by flag" } } : {};
  const hasPython = ["trafilatura", "resiliparse"].map((name): [string, object] | undefined =>
    Object.keys(ms).some((found) => found.startsWith(name)) ? undefined : [name, {
      skipped: flags.python === undefined ? "no --python" : `${flags.python} does not have it`,
    }]
  ).filter((entry) => entry !== undefined);
  return {
    ...skipped,
    ...Object.fromEntries(hasPython),
    ...Object.fromEntries(Object.entries(ms).map(([name, ms]) => [name, speed(ms / 1000)])),
  };
}

/** The first `limit` files of a folder by name. */
async function htmlIn(folder: string, limit: number): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  return names.filter((name) => /\.html?$/.test(name)).sort().slice(0, limit)
    .map((name) => join(folder, name));
}

/** Writes a response record for each page, each a member of its own; the bytes of all pages. */
async function writeWarc(path: string, files: readonly string[]): Promise<number> {
  using out = await Deno.open(path, { write: true, create: true });
  const writer = out.writable.getWriter();
  let bytes = 0;
  for (const [at, file] of files.entries()) {
    const body = await Deno.readFile(file);
    const head = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
    const fields = new TextEncoder().encode(
      `WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:${crypto.randomUUID()}>\r\n` +
        `WARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Target-URI: https://example.org/${at}.html\r\n` +
        "Content-Type: application/http; msgtype=response\r\n" +
        `Content-Length: ${head.length + body.length}\r\n\r\n`,
    );
    const record = [...[fields, head, body], new TextEncoder().encode("\r\n\r\n")];
    await writer.write(new Uint8Array(gzipSync(await new Blob(record).bytes())));
    bytes += body.length;
  }
  await writer.close();
  return bytes;
}
