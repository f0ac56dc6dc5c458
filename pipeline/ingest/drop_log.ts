/**
 * dropped.jsonl: the dropped items with their reasons, of which the first are also reported.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { printableLine } from "../../stages/printable.ts";
import { writeFailure } from "../../model/system_error.ts";
import type { Drop, DropReason } from "../../stages/meter.ts";

/** An open log. */
export interface DropLog extends Disposable {
  add(drop: Drop): void;
  /** Drops of this session by reason. */
  readonly counts: Readonly<Record<string, number>>;
  /** The last drop of each stage. */
  readonly last: ReadonlyMap<string, Drop>;
}

/**
 * What happens on any site or disk; the counts say enough, as they do of all that the refine stage
 * drops. All other reasons are failures.
 */
const ROUTINE: ReadonlySet<DropReason> = new Set<DropReason>([
  "feed",
  "no-text",
  "needs-javascript",
  "robots-disallowed",
  "blocked-host",
  "out-of-scope",
  "unchanged",
  "empty",
]);

/** Failures per reason that are reported one by one. */
const MAX_NOTES = 5;

/** Items of one file and reason that are listed; a few kilobytes may hold millions of them. */
const MAX_LISTED = 1000;
/** Files and reasons whose items are counted at a time. */
const MAX_COUNTED = 256;

/** Choices for {@linkcode openDropLog}. */
export interface DropLogOptions {
  /** Reports the first failures of each reason, in one line each. */
  readonly note: (line: string) => void;
  /** Whether the log has the texts of the drops too, where there are any. */
  readonly keepText: boolean;
}

/** Counts what is listed of each file and reason, and says of what is not how many they are. */
class Listing {
  readonly #counts = new Map<string, number>();
  readonly #write: (entry: Drop & { count: number }) => void;

  constructor(write: (entry: Drop & { count: number }) => void) {
    this.#write = write;
  }

  /** Whether the drop is to be listed by itself. */
  admits({ stage, item, reason }: Drop): boolean {
    const key = JSON.stringify([stage, item.replace(/#[^#]*$/, ""), reason]);
    const count = (this.#counts.get(key) ?? 0) + 1;
    // The one that was counted last is the last to be forgotten.
    this.#counts.delete(key);
    this.#counts.set(key, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MAX_COUNTED && oldest !== undefined) this.#end(oldest);
    return count <= MAX_LISTED;
  }

  #end(key: string): void {
    const [stage, item, reason] = JSON.parse(key);
    const count = (this.#counts.get(key) ?? 0) - MAX_LISTED;
    this.#counts.delete(key);
    const detail = `${count} more of this reason are not listed`;
    if (count > 0) this.#write({ stage, item, reason, detail, count });
  }

  /** Ends all counts. */
  end(): void {
    for (const key of [...this.#counts.keys()]) this.#end(key);
  }
}

/**
 * Opens the log at `path` for appending; it is made with the first drop. Without a path drops are
 * only counted and reported. Of the items of one file and reason the first thousand are listed, and
 * then how many more they were.
 */
export function openDropLog(
  path: string | undefined,
  { note, keepText }: DropLogOptions,
): DropLog {
  const more = path === undefined ? "are only counted" : `are in ${path}`;
  let file: Deno.FsFile | undefined;
  const counts: Record<string, number> = {};
  const last = new Map<string, Drop>();
  const write = (entry: Drop) => {
    if (path === undefined) return;
    try {
      file ??= Deno.openSync(path, { append: true, create: true });
      append(file, new TextEncoder().encode(JSON.stringify(entry) + "\n"));
    } catch (cause) {
      throw writeFailure(path, cause);
    }
  };
  const listing = new Listing(write);
  return {
    counts,
    last,
    add(drop) {
      last.set(drop.stage, drop);
      const { stage, item, reason, detail, kind } = drop;
      const { text, ...entry } = { ...drop, item: addressOf(item) };
      const count = counts[reason] = (counts[reason] ?? 0) + 1;
      const isKept = keepText && text !== undefined;
      if (isKept) write({ ...entry, text });
      else if (listing.admits(entry)) write(entry);
      if (stage === "refine" || ROUTINE.has(reason)) return;
      // Drops of a counted kind are reported as a total.
      if (kind !== undefined || count > MAX_NOTES) return;
      note(printableLine(`dropped ${item}: ${reason} (${detail})`));
      if (count === MAX_NOTES) {
        note(`the next ones dropped as ${reason} are not shown here; they ${more}`);
      }
    },
    [Symbol.dispose]() {
      try {
        listing.end();
        file?.syncSync();
      } finally {
        file?.close();
      }
    },
  };
}

/** The address of a file by its path, which its documents have too; any other item as it is. */
function addressOf(item: string): string {
  return item.startsWith("/") ? pathToFileURL(item).href : item;
}

/** Appends a whole line or none: what calls for drops to be noted does not wait. */
function append(file: Deno.FsFile, bytes: Uint8Array): void {
  const { size } = file.statSync();
  try {
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
  } catch (error) {
    file.truncateSync(size);
    throw error;
  }
}

/** `no-text 74, malformed 1`, the most frequent first. */
export function countsText(counts: DropLog["counts"]): string {
  return Object.entries(counts)
    .sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .map(([reason, count]) => `${reason} ${count}`)
    .join(", ");
}
