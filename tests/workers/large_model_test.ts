/**
 * A model of SmolLM2-135M's exact shape trains with two and with eight workers to the same bits, across
 * a kill, and generates. It takes 5 GiB of memory, so it runs only with CLLM_LARGE=1.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { openWasmEngine } from "../../engine/mod.ts";
import { initFromFolder } from "../../model/checkpoint/mod.ts";
import { createLayout } from "../../model/layout.ts";
import { openFolder } from "../commands/program.ts";
import { CONFIG } from "./large_model.ts";

const SCRIPT = new URL("large_model.ts", import.meta.url).pathname;

/** Runs the script, killed without warning once it prints a line that matches. */
async function train(args: readonly unknown[], killAt?: RegExp): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", SCRIPT, ...args.map(String)],
    stdout: "piped",
  }).spawn();
  let out = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += text;
    if (killAt?.test(out)) child.kill("SIGKILL");
  }
  const { code, signal } = await child.status;
  assertEquals(killAt ? signal : code, killAt ? "SIGKILL" : 0, out);
  console.log(args.slice(1).join(" "), out.trim().replaceAll("\n", "; "));
  return out;
}

Deno.test({
  name: "SmolLM2-135M's shape trains with 2 and 8 workers to the same bits, across a kill",
  ignore: Deno.env.get("CLLM_LARGE") === undefined,
  async fn() {
    await using folder = await openFolder();
    const dir = join(folder.path, "checkpoint");
    // Two steps of three are saved when it is killed, in the middle of the third.
    await train([dir, 2, 1, 3], /saved 2/);
    const resumed = await train([dir, 2, 3, 3]);
    const calm = await train([join(folder.path, "calm"), 8, 1, 3]);
    const digest = /digest \w+/;
    assertEquals(digest.exec(calm)?.[0], digest.exec(resumed)?.[0]);
    assert(digest.test(calm));

    const layout = createLayout(CONFIG);
    const parameters = new Float32Array(layout.length);
    await initFromFolder(dir, { layout, parameters });
    const settings = { config: CONFIG, parameters, workers: 2, cacheBytes: 1 << 24 };
    await using engine = await openWasmEngine(settings);
    using sequence = engine.createSequence([1, 2, 3]);
    const [logits] = await engine.step([sequence]);
    assert(logits);
    assertEquals(logits.length, CONFIG.vocab_size);
    assert(logits.every(Number.isFinite));
  },
});
