/**
 * dropped.jsonl: what did not make it into the corpus, and why; and what of it a person hears.
 *
 * @module
 */
import { printableLine } from "../../stages/printable.ts";
import { reasonOf } from "../../cli/failure.ts";
import type { Drop, DropReason } from "../../stages/meter.ts";

/** An open log. */
export interface DropLog extends Disposable {
  add(drop: Drop): void;
  /** Drops of this sitting by reason. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * What happens on any site or disk; the counts say enough, as they do of all that the refine stage
 * drops. All other reasons are failures.
 */
const ROUTINE: ReadonlySet<DropReason> = new Set<DropReason>([
  "no-text",
  "robots-disallowed",
  "out-of-scope",
  "unchanged",
  "empty",
]);

/** Failures of one reason that are told one by one. */
const MAX_NOTES = 5;

/** Choices for {@linkcode openDropLog}. */
export interface DropLogOptions {
  /** Hears of the first failures of each reason, in one line each. */
  readonly note: (line: string) => void;
  /** Whether the log has the texts of the drops too, where there are any. */
  readonly keepText: boolean;
}

/**
 * Opens the log at `path` for appending; it is made with the first drop. Without a path drops are
 * counted and told only.
 */
export function openDropLog(
  path: string | undefined,
  { note, keepText }: DropLogOptions,
): DropLog {
  const more = path === undefined ? "are only counted" : `are in ${path}`;
  let file: Deno.FsFile | undefined;
  const counts: Record<string, number> = {};
  return {
    counts,
    add(drop) {
      const { text, ...entry } = drop;
      const { stage, item, reason, detail, kind } = entry;
      const count = counts[reason] = (counts[reason] ?? 0) + 1;
      if (path !== undefined) {
        file ??= Deno.openSync(path, { append: true, create: true });
        const kept = keepText && text !== undefined ? drop : entry;
        append(file, { path, bytes: new TextEncoder().encode(JSON.stringify(kept) + "\n") });
      }
      if (stage === "refine" || ROUTINE.has(reason)) return;
      // What is counted by its kind is told as a sum.
      if (kind !== undefined || count > MAX_NOTES) return;
      note(printableLine(`dropped ${item}: ${reason} (${detail})`));
      if (count === MAX_NOTES) {
        note(`the next ones dropped as ${reason} are not shown here; they ${more}`);
      }
    },
    [Symbol.dispose]() {
      if (file === undefined) return;
      try {
        file.syncSync();
      } finally {
        file.close();
      }
    },
  };
}

/** Appends a whole line or none: what calls for drops to be noted does not wait. */
function append(
  file: Deno.FsFile,
  { path, bytes }: { path: string; bytes: Uint8Array },
): void {
  const { size } = file.statSync();
  try {
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
  } catch (cause) {
    file.truncateSync(size);
    throw new Error(`Cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** `no-text 74, malformed 1`, the most frequent first. */
export function countsText(counts: DropLog["counts"]): string {
  return Object.entries(counts)
    .sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .map(([reason, count]) => `${reason} ${count}`)
    .join(", ");
}
