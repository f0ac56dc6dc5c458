/**
 * Names of a run on the broker: its subjects, its streams and its buckets.
 *
 * @module
 */

/** Shards of a crawl: hosts of one registrable domain are in one of them. */
export const SHARDS = 64;

/** Every name that belongs to one run. */
export interface RunNames {
  readonly run: string;
  /** Addresses of one shard, or of all with `*`. */
  url(shard: number | "*"): string;
  /** Parts of files that wait for a text node. */
  part(part: number | "*"): string;
  /** Documents of a source: `p7` for a part, `s7` for a shard, or of all with `p*` and `s*`. */
  doc(source: string): string;
  /** What the journal has on the disk. */
  stored(source: string): string;
  /** Sent outside of any stream. */
  signal(name: string): string;
  readonly streams: Readonly<Record<"url" | "part" | "doc" | "stored", string>>;
  /** Bucket of settings, marks and the state of the run. */
  readonly bucket: string;
  /** Bucket whose keys expire: leases, and the nodes that are there. */
  readonly leases: string;
  /** Object store of what a keeper leaves to the next one. */
  readonly objects: string;
}

/**
 * Names of the run `run`.
 *
 * @throws {SyntaxError} for a name that cannot be part of a subject
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { runNames } from "./subjects.ts";
 * assertEquals(runNames("docs").doc("p7"), "cllm.docs.doc.p.7");
 * ```
 */
export function runNames(run: string): RunNames {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(run)) {
    throw new SyntaxError(
      `Cannot use --run ${run} in a cluster: a name of letters, digits and - is needed, no path`,
    );
  }
  const subject = (...parts: (string | number)[]) => ["cllm", run, ...parts].join(".");
  const name = (part: string) => `cllm_${run}_${part}`;
  return {
    run,
    url: (shard) => subject("url", shard),
    part: (part) => subject("part", part),
    doc: (source) => subject("doc", source.slice(0, 1), source.slice(1)),
    stored: (source) => subject("stored", source),
    signal: (name) => subject("signal", name),
    streams: { url: name("url"), part: name("part"), doc: name("doc"), stored: name("stored") },
    bucket: `cllm_${run}`,
    leases: name("leases"),
    objects: name("objects"),
  };
}
