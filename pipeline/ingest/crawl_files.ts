/**
 * The files that a crawl appends to. The frontier stores the length of each as of the last
 * acknowledgement, so a killed crawl's unacknowledged tail is cut off, and no page is written twice.
 *
 * @module
 */
import { basename, join } from "node:path";
import { exists, naming, syncFolder, writeAll } from "../../model/durable.ts";
import { type Frontier, warcInfo, warcResponse } from "../../stages/crawl/mod.ts";
import type { Page, WarcPlace } from "../../stages/types.ts";

/** Customary size at which the next WARC file begins. */
const MAX_WARC_BYTES = 2 ** 30;

/** A file of this crawl, open at its end. */
export interface OutputFile extends Disposable {
  /** Bytes written. */
  readonly length: number;
  /** Appends; returns where the bytes begin. */
  append(bytes: Uint8Array): Promise<number>;
  sync(): Promise<void>;
}

/**
 * Opens the file `path`, known to the frontier by the same path, and cuts off its unacknowledged tail.
 *
 * @throws {Error} when the file exists but is not this crawl's, or is too short
 */
export async function openOutput(path: string, frontier: Frontier): Promise<OutputFile> {
  const known = frontier.positions()[path];
  const there = await exists(path);
  if (known === undefined && there) {
    throw new Error(
      `Cannot write ${path}: it exists and belongs to no crawl in this folder; move it away`,
    );
  }
  frontier.declare({ [path]: known ?? 0 });
  const file = await Deno.open(path, { read: true, write: true, create: true });
  let length = known ?? 0;
  const { size } = await file.stat();
  if (size < length) {
    file.close();
    throw new Error(`Cannot go on with ${path}: it has ${size} bytes, but ${length} were stored`);
  }
  await file.truncate(length);
  await file.seek(length, Deno.SeekMode.Start);
  await syncFolder(join(path, ".."));
  return {
    get length() {
      return length;
    },
    async append(bytes) {
      await naming(path, () => writeAll(file, bytes));
      length += bytes.byteLength;
      return length - bytes.byteLength;
    },
    sync: () => naming(path, () => file.sync()),
    [Symbol.dispose]: () => file.close(),
  };
}

/** The WARC files of a crawl. */
export interface WarcFiles extends Disposable {
  /** Stores a page; returns where its record begins. */
  append(page: Page): Promise<WarcPlace>;
  /** Length of the current file, by its path. */
  positions(): Record<string, number>;
  sync(): Promise<void>;
}

/** Opens the newest WARC file of this crawl in the folder `dir`, or its first. */
export async function openWarcFiles(
  dir: string,
  { frontier, fields, maxBytes = MAX_WARC_BYTES }: {
    frontier: Frontier;
    /** Fields of each file's warcinfo record. */
    fields: Readonly<Record<string, string>>;
    maxBytes?: number;
  },
): Promise<WarcFiles> {
  await Deno.mkdir(dir, { recursive: true });
  const nameOf = (at: number) => join(dir, `crawl-${`${at}`.padStart(5, "0")}.warc.gz`);
  let at = 0;
  const known = frontier.positions();
  while (nameOf(at + 1) in known) at++;
  let file = await openOutput(nameOf(at), frontier);

  async function begin(): Promise<void> {
    const date = new Date().toISOString();
    await file.append(warcInfo({ file: basename(nameOf(at)), date, fields }));
  }
  return {
    async append(page) {
      if (file.length >= maxBytes) {
        await file.sync();
        frontier.declare({ [nameOf(at)]: file.length });
        file[Symbol.dispose]();
        file = await openOutput(nameOf(++at), frontier);
      }
      if (file.length === 0) await begin();
      return { file: basename(nameOf(at)), offset: await file.append(warcResponse(page)) };
    },
    positions: () => ({ [nameOf(at)]: file.length }),
    sync: () => file.sync(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}
