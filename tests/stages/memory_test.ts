import { assertEquals, assertLess } from "@std/assert";

/** Bytes between two runs of one size: when V8 collects is its choice, and a longer run has more peaks. */
const NOISE = 24 * 2 ** 20;

interface Probe {
  readonly peakRssBytes: number;
  readonly textBytes: number;
  readonly scored: number;
  readonly expected: number;
}

/** Streams a corpus of `megabytes` through the stages in a process of its own. */
async function probe(megabytes: number): Promise<Probe> {
  const script = new URL("memory_probe.ts", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    // V8 as `deno task pipeline` runs it. Only a process with all permissions may read /proc.
    args: [
      ...["run", "--allow-all", "--v8-flags=--expose-gc,--optimize-for-size"],
      ...[script, String(megabytes)],
    ],
    stderr: "inherit",
  }).output();
  assertEquals(code, 0);
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test({
  name: "20 MB and 400 MB of text take the same memory, but for the noise of collections",
  ignore: Deno.build.os !== "linux", // the probe reads its peak from /proc
  async fn() {
    const small = await probe(20);
    const large = await probe(400);
    for (const { scored, expected } of [small, large]) assertEquals(scored, expected);
    const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
    const figures = `peak resident memory: ${mib(small.peakRssBytes)} MiB for ` +
      `${mib(small.textBytes)} MiB of text, ${mib(large.peakRssBytes)} MiB for ` +
      `${mib(large.textBytes)} MiB`;
    // deno-lint-ignore no-console -- the figures are what this test is run for
    console.log(figures);
    assertLess(Math.abs(large.peakRssBytes - small.peakRssBytes), NOISE, figures);
  },
});
