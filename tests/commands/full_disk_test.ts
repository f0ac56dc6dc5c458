import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { openFolder, run } from "./program.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Runs the program where no file may grow past `kib`, as under a quota. */
async function limited(kib: number, args: readonly string[]) {
  const command = `trap "" XFSZ; ulimit -f ${kib}; exec "$@"`;
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-c", command, "sh", Deno.execPath(), "run", "--no-code-cache", "-A", MAIN, ...args],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  return { code, err: new TextDecoder().decode(stderr) };
}

Deno.test({
  name: "a disk that takes no more stops the run with its last checkpoint intact",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await openFolder();
    const corpus = join(folder.path, "corpus");
    await writeCorpus(corpus, { count: 11 });
    const flags = ["--vocab", "300", "--checkpoint-every", "2", "--json"];
    const calm = join(folder.path, "calm"), runDir = join(folder.path, "run");
    const weights = (dir: string) =>
      Deno.readFile(join(dir, "checkpoints", "step-000006", "model.safetensors"));
    const wanted = await run(["pipeline", "--run", calm, "--steps", "6", ...flags, corpus]);
    assertEquals([wanted.code, wanted.err], [0, ""]);

    // Room for weights, but not for the moments, which are twice as large.
    const { size } = await Deno.stat(join(calm, "checkpoints", "step-000006", "model.safetensors"));
    const tight = Math.ceil(size * 1.5 / 1024);
    const args = ["pipeline", "--run", runDir, "--steps", "6", ...flags, corpus];
    const first = await limited(tight, args);
    assertEquals(first.code, 1, first.err);
    const message = new RegExp(
      "^error: Cannot (keep step 2|save checkpoint .*): .*File too large.*; " +
        "earlier checkpoints are as they were$",
      "m",
    );
    assertMatch(first.err, message);
    // With room for two steps, then none.
    const begun = await run(["pipeline", "--run", runDir, "--json", "--checkpoint-every", "2"]);
    assertEquals([begun.code, begun.err], [0, ""]);
    assertEquals(await weights(runDir), await weights(calm));
    const more = ["pipeline", "--run", runDir, "--json", "--steps", "9", "--force"];
    const second = await limited(tight, more);
    assertEquals(second.code, 1, second.err);
    assertMatch(second.err, /Cannot .*File too large.*earlier checkpoints are as they were$/m);
    const pointer = join(runDir, "checkpoints", "latest");
    assertEquals(await Deno.readTextFile(pointer), "step-000006\n");
    const names = await Array.fromAsync(Deno.readDir(join(runDir, "checkpoints")));
    assert(names.every(({ name }) => name === "latest" || name.startsWith("step-")));
    assertEquals((await run(["verify", runDir])).code, 1, "a forced run is not what was recorded");
    // Once there is room, it goes on.
    const freed = await run(["pipeline", "--run", runDir, "--json"]);
    assertEquals([freed.code, freed.err], [0, ""]);
    assertEquals((await run(["verify", runDir])).code, 0);
  },
});
