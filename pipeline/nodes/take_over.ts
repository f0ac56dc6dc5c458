/**
 * Brings the folder of a new keeper to where the one before it stood.
 *
 * @module
 */
import { join } from "node:path";
import type { ObjectStore } from "@nats-io/obj";
import { readChecked, writeChecked } from "../../stages/checked_json.ts";
import { readJournal, readMark, writeMark } from "../../stages/journal/mod.ts";
import { openSeenTexts } from "../../stages/refine/mod.ts";
import { exists, readAt } from "../../model/durable.ts";
import type { RunPaths } from "../../run/folder.ts";
import type { RunMark } from "./fence.ts";
import { type MirroredFile, readFolderRecord, restoreFolder, sha256Of } from "./mirror.ts";

const NAME = "keeper.json";

/** What the folder says of its last keeper. */
interface Kept {
  readonly run: string;
  readonly lease: number;
}

/** Options of {@linkcode takeOver}. */
export interface TakeOverOptions {
  readonly paths: RunPaths;
  /** Digest of the run's record. */
  readonly run: string;
  /** Revision of the lease that was just taken. */
  readonly lease: number;
  /** The mark of the keeper before. */
  readonly before: RunMark | undefined;
  readonly objects: ObjectStore;
  /** Ends waiting for the broker. */
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

/**
 * Leaves the folder as it is where its own keeper was the last one, and otherwise makes it that of
 * the last one. Resolves to the files that the broker has as they are there.
 *
 * @throws {Error} where the last one left nothing
 */
export async function takeOver(options: TakeOverOptions): Promise<readonly MirroredFile[]> {
  const { paths, run, lease, before, objects, signal, note } = options;
  const kept = await readKept(paths);
  const isOwn = before === undefined || (kept?.run === run && kept.lease === before.lease);
  const files = before?.folder === undefined
    ? []
    : await readFolderRecord(objects, { sha256: before.folder, signal });
  if (!isOwn) {
    if (before.folder === undefined && before.documents > 0) {
      throw new Error(
        `Cannot take over the run: its keeper left ${before.documents} documents in a folder of ` +
          "its own; start a node there, or name a folder that all keepers share",
      );
    }
    note(`takes over with ${before.documents} documents`);
    await restoreFolder(paths.root, { objects, files, signal });
    await rememberTexts(paths);
  }
  await writeChecked(join(paths.root, NAME), { run, lease } satisfies Kept);
  if (!isOwn) return files;
  const same = await Promise.all(files.map((file) => isSame(paths.root, file)));
  return files.filter((_, at) => same[at]);
}

/**
 * Whether the file on this disk begins with what the broker has of it. A machine that lost power may
 * lack the end, which was copied before it was synced. Only the last piece is compared.
 */
async function isSame(root: string, { path, pieces }: MirroredFile): Promise<boolean> {
  const last = pieces.at(-1);
  const from = pieces.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0);
  if (last === undefined || !await exists(join(root, path))) return false;
  using file = await Deno.open(join(root, path));
  const bytes = new Uint8Array(last.bytes);
  return await readAt(file, from, bytes) === bytes.length && sha256Of(bytes) === last.sha256;
}

async function readKept({ root }: RunPaths): Promise<Kept | undefined> {
  const remedy = "without it the folder is restored from the broker: remove it";
  return await readChecked(join(root, NAME), { remedy }) as Kept | undefined;
}

/** Makes the index of seen texts of the journal's own: later ones that repeat them are duplicates. */
async function rememberTexts(paths: RunPaths): Promise<void> {
  if (!await exists(paths.corpus)) return;
  const journal = await readJournal(paths.corpus);
  using seen = openSeenTexts(paths.seenTexts);
  for await (const { text, id } of journal.documents()) seen.firstId(text, id);
  const mark = await readMark(paths.corpus);
  if (mark === undefined) return;
  const cursors = { ...mark.cursors, refine: { texts: seen.flush() } };
  await writeMark(paths.corpus, { ...mark, cursors });
}
