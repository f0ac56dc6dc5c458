/**
 * Summarises the files skipped in folders: unsupported kinds, and ignored entries.
 *
 * @module
 */
import type { Drop } from "../stages/meter.ts";
import type { OnSkip, SkipKind } from "../stages/read/mod.ts";

/** Most kinds to list, and most kinds to count separately. */
const MAX_TOLD = 8, MAX_KINDS = 1000;

/** Words for each reason to ignore an entry. */
const SKIPPED: Readonly<Record<SkipKind, string>> = {
  ".git": ".git",
  node_modules: "node_modules",
  hidden: "hidden",
  ".gitignore": "named by .gitignore",
  excepted: "of this run itself",
};

/** Counts of one read. */
export interface PassedOver {
  readonly skip: OnSkip;
  /** Counts a drop by its kind, where it has one. */
  drop(drop: Pick<Drop, "kind">): void;
  /** `312 files of kinds not read: .png 200, …` and `Passed over in folders: …`, if any. */
  lines(): string[];
}

/** Starts counting. */
export function countPassedOver(): PassedOver {
  const kinds = new Map<string, number>(), skipped = new Map<SkipKind, number>();
  const add = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1);
  return {
    skip: (kind) => void add(skipped, kind),
    drop({ kind }) {
      if (kind === undefined) return;
      add(kinds, kinds.has(kind) || kinds.size < MAX_KINDS ? kind : "other");
    },
    lines() {
      const lines: string[] = [];
      if (kinds.size > 0) lines.push(describeKinds(kinds));
      if (skipped.size > 0) {
        const of = [...skipped].map(([kind, count]) => `${SKIPPED[kind]} ${count}`);
        const hint = skipped.size > (skipped.has("excepted") ? 1 : 0)
          ? " (--all-files reads them)"
          : "";
        lines.push(`Passed over in folders: ${of.join(", ")}${hint}`);
      }
      return lines;
    },
  };
}

/** `312 files of kinds not read: .png 200, .css 80, .js 32`, the most frequent first. */
function describeKinds(kinds: ReadonlyMap<string, number>): string {
  const sorted = [...kinds].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
  const sum = (part: typeof sorted) => part.reduce((all, [, count]) => all + count, 0);
  const rest = sorted.slice(MAX_TOLD);
  const listed = sorted.slice(0, MAX_TOLD).map(([kind, count]) => `${kind} ${count}`).join(", ");
  const more = rest.length > 0 ? `, ${sum(rest)} of ${rest.length} more kinds` : "";
  const all = sum(sorted);
  return `${all} ${all === 1 ? "file" : "files"} of kinds not read: ${listed}${more}`;
}
