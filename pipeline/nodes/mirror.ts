/**
 * What a keeper leaves to the next one: the files of its run folder that nothing else can make
 * again, as objects on the broker named by SHA-256. Tokens and indexes are made again from them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { type ObjectStore, Objm } from "@nats-io/obj";
import type { Lease } from "../../cluster/lease.ts";
import { patiently } from "../../cluster/patiently.ts";
import { readObject } from "../../cluster/read_object.ts";
import type { ClusterRun } from "../../cluster/run.ts";
import { exists, readAt } from "../../model/durable.ts";
import { latestCheckpoint } from "../../model/checkpoint/mod.ts";
import type { RunPaths } from "../../run/folder.ts";
import type { Fence } from "./fence.ts";

/** A file as objects, one after another. */
export interface MirroredFile {
  /** Inside of the run folder. */
  readonly path: string;
  readonly pieces: readonly Piece[];
}

interface Piece {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Time for which objects stay that the mark does not name any more: a broker that restarts may have
 * forgotten that mark, and have the one before.
 */
const GRACE_MS = 60_000;
/** Bytes of a file in one object. */
const PIECE_BYTES = 32 * 2 ** 20;
/** Small files, read before the journal that they name. */
const CORPUS_FILES = ["corpus/mark.json", "corpus/sealed.json"];
const RUN_FILES = ["tokenizer.json", "validation.json", "prompts.json"];
/** As they are when a checkpoint is new. */
const CHECKPOINT_FILES = ["metrics.jsonl", "samples.jsonl", "checkpoints/latest"];

/** Opens the object store of a run. */
export async function openObjects({ cluster, names }: ClusterRun): Promise<ObjectStore> {
  return await new Objm(cluster.js).open(names.objects);
}

/** Options of {@linkcode Mirror}. */
export interface MirrorOptions {
  readonly objects: ObjectStore;
  readonly paths: RunPaths;
  readonly fence: Fence;
  readonly lease: Lease;
  /** What is there already. */
  readonly before: readonly MirroredFile[];
  readonly graceMs?: number;
}

/** Keeps the objects in line with the folder. */
export class Mirror {
  readonly #options: MirrorOptions;
  #files: Map<string, readonly Piece[]>;
  #turn: Promise<void> = Promise.resolve();
  #record: string | undefined;
  /** Objects that are there. */
  readonly #known = new Set<string>();
  /** Objects that no file has any more, and since when. */
  readonly #left = new Map<string, number>();

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#files = new Map(options.before.map(({ path, pieces }) => [path, pieces]));
  }

  /**
   * Brings what is new in the folder to the broker, and then its record into the mark of the run. One
   * call at a time; all that was on the disk before the call is there after it.
   */
  sync(): Promise<void> {
    const turn = this.#turn.then(() => this.#sync());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #sync(): Promise<void> {
    const { fence, paths, lease } = this.#options;
    lease.check();
    const next = new Map<string, readonly Piece[]>();
    // Marks and seal name documents: the journal is read after them.
    for (const path of [...CORPUS_FILES, ...RUN_FILES]) await this.#whole(path, next);
    const segments = (await namesIn(paths.corpus)).filter((name) => name.endsWith(".jsonl.gz"));
    for (const name of segments) {
      await this.#grown(`corpus/${name}`, next, { isLast: name === segments.at(-1) });
    }
    await this.#checkpoint(next);
    const files = [...next].map(([path, pieces]): MirroredFile => ({ path, pieces }));
    const record = await this.#put(new TextEncoder().encode(JSON.stringify(files)));
    if (record.sha256 === this.#record) return;
    const old = this.#files;
    const oldRecord = this.#record;
    await fence.mark({ folder: record.sha256 });
    this.#files = next;
    this.#record = record.sha256;
    await this.#forget([...namesOf(old), ...oldRecord ? [oldRecord] : []]);
  }

  async #whole(path: string, next: Map<string, readonly Piece[]>): Promise<void> {
    const file = join(this.#options.paths.root, path);
    if (!await exists(file)) return;
    const bytes = await Deno.readFile(file);
    const pieces: Piece[] = [];
    for (let at = 0; at < Math.max(1, bytes.byteLength); at += PIECE_BYTES) {
      pieces.push(await this.#put(bytes.subarray(at, at + PIECE_BYTES)));
    }
    next.set(path, pieces);
  }

  /** A file that only grows: what it has gained is one more piece, and one that is full is one. */
  async #grown(
    path: string,
    next: Map<string, readonly Piece[]>,
    { isLast }: { isLast: boolean },
  ): Promise<void> {
    const known = this.#files.get(path) ?? [];
    const from = known.reduce((sum, { bytes }) => sum + bytes, 0);
    using file = await Deno.open(join(this.#options.paths.root, path));
    const { size } = await file.stat();
    if (!isLast && size > 0 && known.length > 1 + size / PIECE_BYTES) {
      return await this.#whole(path, next);
    }
    const pieces = [...known];
    for (let at = from; at < size; at += PIECE_BYTES) {
      const bytes = new Uint8Array(Math.min(PIECE_BYTES, size - at));
      await readAt(file, at, bytes);
      pieces.push(await this.#put(bytes));
    }
    next.set(path, pieces);
  }

  /** The newest checkpoint, which is whole where `latest` names it. */
  async #checkpoint(next: Map<string, readonly Piece[]>): Promise<void> {
    const { checkpoints } = this.#options.paths;
    const newest = await exists(checkpoints) ? await latestCheckpoint(checkpoints) : undefined;
    if (newest === undefined) return;
    const folder = `checkpoints/${basename(newest)}`;
    const names = await namesIn(newest);
    const known = names.map((name) => `${folder}/${name}`).concat(CHECKPOINT_FILES)
      .filter((path) => this.#files.has(path));
    if (this.#files.has(`${folder}/${names[0]}`)) {
      for (const path of known) next.set(path, this.#files.get(path) ?? []);
      return;
    }
    for (const name of names) await this.#whole(`${folder}/${name}`, next);
    for (const path of CHECKPOINT_FILES) await this.#whole(path, next);
  }

  /** Puts an object that is not there yet. */
  async #put(bytes: Uint8Array): Promise<Piece> {
    const { objects, lease } = this.#options;
    const name = sha256Of(bytes);
    if (this.#known.has(name)) return { sha256: name, bytes: bytes.byteLength };
    await patiently(lease.signal, async () => {
      // What was removed leaves a marker, and may come back.
      if ((await objects.info(name))?.deleted !== false) await objects.putBlob({ name }, bytes);
    });
    this.#known.add(name);
    return { sha256: name, bytes: bytes.byteLength };
  }

  /** Removes objects that no file has had for a while. */
  async #forget(names: readonly string[]): Promise<void> {
    const { objects, lease, graceMs = GRACE_MS } = this.#options;
    const kept = new Set([...namesOf(this.#files), this.#record]);
    const now = performance.now();
    for (const name of names) if (!this.#left.has(name)) this.#left.set(name, now);
    for (const [name, since] of this.#left) {
      if (!kept.has(name)) {
        if (now - since < graceMs) continue;
        lease.check();
        await patiently(lease.signal, async () => void await objects.delete(name));
        this.#known.delete(name);
      }
      this.#left.delete(name);
    }
  }
}

/** The name of an object. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function namesOf(files: ReadonlyMap<string, readonly Piece[]>): string[] {
  return [...files.values()].flatMap((pieces) => pieces.map(({ sha256 }) => sha256));
}

async function namesIn(folder: string): Promise<string[]> {
  if (!await exists(folder)) return [];
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.filter(({ isFile }) => isFile).map(({ name }) => name).sort();
}

/** The files that the record `sha256` names. */
export async function readFolderRecord(
  objects: ObjectStore,
  { sha256, signal }: { sha256: string; signal: AbortSignal },
): Promise<MirroredFile[]> {
  return JSON.parse(new TextDecoder().decode(await getPiece(objects, { sha256, signal })));
}

/**
 * Makes the folder what the record says; all else in it goes, its settings and lock excepted.
 *
 * @throws {Error} where an object is missing or is not what its name says
 */
export async function restoreFolder(
  root: string,
  { objects, files, signal }: {
    objects: ObjectStore;
    files: readonly MirroredFile[];
    signal: AbortSignal;
  },
): Promise<void> {
  for await (const { name } of Deno.readDir(root)) {
    if (name !== "run.json" && name !== "lock") {
      await Deno.remove(join(root, name), { recursive: true });
    }
  }
  for (const { path, pieces } of files) {
    const to = join(root, path);
    await Deno.mkdir(join(to, ".."), { recursive: true });
    using file = await Deno.open(to, { write: true, create: true, truncate: true });
    for (const { sha256 } of pieces) {
      const bytes = await getPiece(objects, { sha256, signal });
      for (let at = 0; at < bytes.byteLength;) at += await file.write(bytes.subarray(at));
    }
    await file.sync();
  }
}

async function getPiece(
  objects: ObjectStore,
  { sha256, signal }: { sha256: string; signal: AbortSignal },
): Promise<Uint8Array> {
  const bytes = await readObject(objects, sha256, { signal });
  const found = bytes && sha256Of(bytes);
  if (bytes && found === sha256) return bytes;
  throw new Error(
    `Cannot take over the run: object ${sha256} is ${bytes ? "damaged" : "missing"} on the broker`,
  );
}
