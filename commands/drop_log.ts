/**
 * dropped.jsonl: what did not make it into the corpus, and why.
 *
 * @module
 */
import type { Drop } from "../stages/meter.ts";

/** An open log. */
export interface DropLog extends Disposable {
  add(drop: Drop): void;
  /** Drops of this sitting by reason. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Opens the log at `path` for appending; it is made with the first drop. */
export function openDropLog(path: string): DropLog {
  let file: Deno.FsFile | undefined;
  const counts: Record<string, number> = {};
  return {
    counts,
    add(drop) {
      counts[drop.reason] = (counts[drop.reason] ?? 0) + 1;
      file ??= Deno.openSync(path, { append: true, create: true });
      let bytes = new TextEncoder().encode(JSON.stringify(drop) + "\n");
      while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
    },
    [Symbol.dispose]: () => file?.close(),
  };
}
