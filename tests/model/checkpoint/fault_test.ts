import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { createHash } from "node:crypto";
import { createLayout } from "../../../model/layout.ts";
import {
  latestCheckpoint,
  loadCheckpoint,
  readCheckpointInfo,
  readModelConfig,
  saveCheckpoint,
} from "../../../model/checkpoint/mod.ts";
import { emptyAreas, goldenModel, GOLDENS, namesIn, TOKENIZER_JSON } from "./fixture.ts";
import { withDir } from "../with_dir.ts";

Deno.test("loadCheckpoint refuses every file flipped or cut at twenty places", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    const path = `${dir}/step-000007`;
    const run = { note: "a b", list: [1, 2.5] };
    await saveCheckpoint(path, { config, layout, snapshot, run, tokenizerJson: TOKENIZER_JSON });
    const into = emptyAreas(layout);
    const refuse = async (name: string) => {
      const error = await assertRejects(() => loadCheckpoint(path, { into }), SyntaxError, name);
      assert(/^Cannot (load|read|use) /.test(error.message), error.message);
      assert(into.parameters.every(Number.isNaN), "nothing may be filled");
      assert(into.firstMoment.every(Number.isNaN), "nothing may be filled");
    };
    for (const name of await namesIn(path)) {
      const good = await Deno.readFile(`${path}/${name}`);
      for (let i = 0; i < 20; i++) {
        const at = Math.floor((good.length - 1) * i / 19);
        const flipped = good.slice();
        flipped[at] = (flipped[at] ?? 0) ^ (1 << i % 8);
        await Deno.writeFile(`${path}/${name}`, flipped);
        await refuse(name);
        await Deno.writeFile(`${path}/${name}`, good.subarray(0, at));
        await refuse(name);
      }
      await Deno.remove(`${path}/${name}`);
      await refuse(name);
      await Deno.writeFile(`${path}/${name}`, good);
    }
    await loadCheckpoint(path, { into });
  });
});

Deno.test("loadCheckpoint refuses a state of another version and files outside the folder", async () => {
  await withDir(async (dir) => {
    const { config, layout, snapshot } = await goldenModel("mha_tied");
    const path = `${dir}/step-000007`;
    await saveCheckpoint(path, { config, layout, snapshot });
    const rewrite = async (change: (body: Record<string, unknown>) => void) => {
      const { sha256: _, ...body } = JSON.parse(await Deno.readTextFile(`${path}/state.json`));
      change(body);
      const sha256 = createHash("sha256").update(JSON.stringify(body)).digest("hex");
      const text = JSON.stringify({ ...body, sha256 }, null, 2) + "\n";
      await Deno.writeTextFile(`${path}/state.json`, text);
    };
    await rewrite((body) => body.formatVersion = 1);
    await assertRejects(() => readCheckpointInfo(path), SyntaxError, "formatVersion is 1, not 2");
    await rewrite((body) => {
      body.formatVersion = 2;
      body.files = { "../secret.json": { bytes: 1, sha256: "0".repeat(64) } };
    });
    await assertRejects(() => readCheckpointInfo(path), SyntaxError, "files");
    await rewrite((body) => body.files = {});
    await assertRejects(() => readCheckpointInfo(path), SyntaxError, "lists no model.safetensors");
    await Deno.writeTextFile(`${path}/state.json`, "null");
    await assertRejects(() => readCheckpointInfo(path), SyntaxError, "it is damaged");
  });
});

Deno.test({
  name: "a disk that takes no more leaves the previous checkpoint and latest as they were",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withDir(async (dir) => {
      const { stdout } = await probe("starved", dir).output();
      const said = new TextDecoder().decode(stdout);
      assertStringIncludes(said, `Cannot save checkpoint ${dir}/step-000002: `);
      assertStringIncludes(said, "earlier checkpoints are as they were");
      assertEquals(await namesIn(dir), ["latest", "step-000001"]);
      assertEquals(await latestCheckpoint(dir), `${dir}/step-000001`);
      const layout = createLayout(await readModelConfig(`${dir}/step-000001`));
      await loadCheckpoint(`${dir}/step-000001`, { into: emptyAreas(layout) });
    });
  },
});

Deno.test("a process killed while it saves leaves a whole latest checkpoint", async () => {
  const layout = createLayout(await readModelConfig(`${GOLDENS}mha_tied`));
  for (const lines of [1, 2, 5]) {
    await withDir(async (dir) => {
      const child = probe("loop", dir).spawn();
      const said = child.stdout.pipeThrough(new TextDecoderStream())
        .pipeThrough(new TextLineStream());
      let last = 0;
      for await (const line of said) {
        last = Number(line);
        if (last >= lines) child.kill("SIGKILL");
      }
      await child.status;
      const path = await latestCheckpoint(dir);
      assert(path !== undefined);
      const into = emptyAreas(layout);
      const { step } = await loadCheckpoint(path, { into });
      assert(step >= last, `step ${step} after ${last} was reported`);
      for (const { offset, size } of layout.parameters) {
        for (const area of Object.values(into)) {
          assert(area.subarray(offset, offset + size).every((value) => value === step));
        }
      }
    });
  }
});

function probe(mode: string, dir: string): Deno.Command {
  const script = new URL("probe.ts", import.meta.url).pathname;
  // A write past the limit is to fail, not to end the process.
  const args = ["-c", 'trap "" XFSZ; exec "$@"', "sh", Deno.execPath(), "run", "--no-code-cache"];
  return new Deno.Command("sh", {
    args: [...args, "--allow-read", "--allow-write", "--allow-run=sh", script, mode, dir],
    stdout: "piped",
  });
}
