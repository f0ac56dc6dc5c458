/**
 * dropped.jsonl: what did not make it into the corpus, and why; and what of it a person hears.
 *
 * @module
 */
import type { Drop, DropReason } from "../stages/meter.ts";

/** An open log. */
export interface DropLog extends Disposable {
  add(drop: Drop): void;
  /** Drops of this sitting by reason. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What happens on any site or disk; the counts say enough. All other reasons are failures. */
const ROUTINE: ReadonlySet<DropReason> = new Set<DropReason>([
  "no-text",
  "too-short",
  "duplicate",
  "robots-disallowed",
  "out-of-scope",
  "unchanged",
  "empty",
]);

/** Failures of one reason that are told one by one. */
const MAX_NOTES = 5;

/**
 * Opens the log at `path` for appending; it is made with the first drop. The first failures of each
 * reason are told to `note`, in one line each.
 */
export function openDropLog(path: string, { note }: { note: (line: string) => void }): DropLog {
  let file: Deno.FsFile | undefined;
  const counts: Record<string, number> = {};
  return {
    counts,
    add(drop) {
      const { stage, item, reason, detail } = drop;
      const count = counts[reason] = (counts[reason] ?? 0) + 1;
      file ??= Deno.openSync(path, { append: true, create: true });
      let bytes = new TextEncoder().encode(JSON.stringify(drop) + "\n");
      while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
      if (ROUTINE.has(reason) || count > MAX_NOTES) return;
      note(`${stage} dropped ${item}: ${reason} (${detail})`);
      if (count === MAX_NOTES) note(`further drops as ${reason} are listed only in ${path}`);
    },
    [Symbol.dispose]: () => file?.close(),
  };
}

/** `no-text 74, malformed 1`, the most frequent first. */
export function countsText(counts: DropLog["counts"]): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(", ");
}
