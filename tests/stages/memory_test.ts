import { assertEquals, assertLess } from "@std/assert";
import type { Report, Sample } from "./memory_probe.ts";

/** Text streamed in, in bytes, and the part of it after which memory must have settled. */
const LARGE = 400e6, SMALL = 20e6;
/** The peak of resident memory over all of it may lie this much over that of its first part. */
const TOLERANCE = 1.1;
/** What may stay in the heap, or in buffers, for every further document. */
const BYTES_A_DOCUMENT = 48;

/** Streams a corpus of `bytes` of text through the stages in a process of its own. */
async function probe(bytes: number): Promise<{ samples: Sample[]; report: Report }> {
  const script = new URL("memory_probe.ts", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    // V8 as `deno task pipeline` runs it. Only a process with all permissions may read /proc.
    args: [
      ...["run", "--allow-all", "--v8-flags=--expose-gc,--optimize-for-size"],
      ...[script, String(bytes)],
    ],
    stderr: "inherit",
  }).output();
  assertEquals(code, 0);
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  const report: Report = JSON.parse(lines.pop() ?? "");
  return { samples: lines.map((line): Sample => JSON.parse(line)), report };
}

/** Bytes by which what `of` says rises for every document: last fifth over first, by their means. */
function growth(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const fifth = Math.floor(samples.length / 5);
  const mean = (part: readonly Sample[], of: (sample: Sample) => number) =>
    part.reduce((sum, sample) => sum + of(sample), 0) / part.length;
  const first = samples.slice(0, fifth), last = samples.slice(-fifth);
  const documents = mean(last, ({ documents }) => documents) -
    mean(first, ({ documents }) => documents);
  return (mean(last, of) - mean(first, of)) / documents;
}

Deno.test({
  name: "400 MB of text take no more memory than their first 20 MB, in either order",
  ignore: Deno.build.os !== "linux", // the probe reads its peak from /proc
  async fn() {
    const { samples, report } = await probe(LARGE);
    const { scored, expected } = report;
    assertEquals(scored, expected);
    for (const phase of ["live", "shuffled"] as const) {
      const all = samples.filter((sample) => sample.phase === phase);
      const small = all.findLast(({ textBytes }) => textBytes <= SMALL) as Sample;
      // Once the stages are full, and until the corpus ends and they drain.
      const full = all.filter(({ textBytes, documents }) =>
        textBytes > SMALL && documents < report.documents
      );
      const peakRssBytes = (all.at(-1) as Sample).peakRssBytes;
      const heap = growth(full, ({ heapBytes }) => heapBytes);
      const external = growth(full, ({ externalBytes }) => externalBytes);
      const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
      const figures =
        `${phase}: peak resident memory: ${mib(small.peakRssBytes)} MiB after 20 MB ` +
        `of text, ${mib(peakRssBytes)} MiB after 400; what stays for every further document: ` +
        `${heap.toFixed(1)} bytes in the heap, ${external.toFixed(1)} in buffers`;
      // deno-lint-ignore no-console -- the figures are what this test is run for
      console.log(figures);
      assertLess(peakRssBytes, TOLERANCE * small.peakRssBytes, figures);
      assertLess(heap, BYTES_A_DOCUMENT, figures);
      assertLess(external, BYTES_A_DOCUMENT, figures);
    }
  },
});
