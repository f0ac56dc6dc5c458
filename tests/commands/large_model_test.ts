/**
 * Models of the shapes that people continue, trained by the commands of a user. They take up to 8 GiB of
 * memory, 12 GB of disk and many minutes, so they run only with CLLM_LARGE=1, and with all permissions,
 * without which Deno reads no memory of a process.
 */
import { assert, assertEquals, assertLess } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { LARGE_SHAPES, writeLargeModel } from "./large_model.ts";
import { isThere, openFolder, start } from "./program.ts";
import { conversation, writeLines } from "./small_model.ts";

const ignore = Deno.env.get("CLLM_LARGE") === undefined;
/** Shows figures in the test's output. */
const note = (line: string) => console.log(line);

/** The most memory that a process has had so far. */
async function peakMib(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}

/** Runs to the end; says how fast it was and what memory it had at the last step. */
async function trains(args: readonly string[], { last }: { last: number }): Promise<number> {
  await using program = start([...args, "--json"]);
  const { tokensPerSecond, loss } = JSON.parse(
    await program.line(new RegExp(`^{.*"step":${last},`)),
  );
  const mib = await peakMib(program.pid);
  const { code, err } = await program.ended;
  assertEquals(code, 0, err);
  note(`${args.join(" ")}: ${Math.round(tokensPerSecond)} tokens/s, loss ${loss}, ${mib} MiB`);
  assert(Number.isFinite(loss));
  return mib;
}

/** Waits until `name` is below `folder`. */
async function appears(folder: string, name: string): Promise<void> {
  using watcher = Deno.watchFs(folder, { recursive: true });
  if (await isThere(join(folder, name))) return;
  for await (const _event of watcher) if (await isThere(join(folder, name))) return;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  using opened = await Deno.open(file);
  for await (const bytes of opened.readable) hash.update(bytes);
  return hash.digest("hex");
}

Deno.test({
  name: "SmolLM2-135M's shape: two and eight workers, killed and resumed, exported and served",
  ignore,
  async fn() {
    await using folder = await openFolder();
    const at = (...names: string[]) => join(folder.path, ...names);
    await writeLargeModel(at("model"), LARGE_SHAPES["SmolLM2-135M"]);
    // Too few to hold any out: validation takes longer than a step.
    await writeCorpus(at("corpus"), { count: 9 });
    const args = (run: string, workers: number) => [
      ...["pipeline", "--init", at("model"), "--run", at(run), "--workers", `${workers}`],
      // Muon's update of such a model takes as long as the rest of a step.
      ...["--optimizer", "adamw", "--steps", "2", "--checkpoint-every", "1", "--keep-last", "1"],
      ...["--context", "64"],
      at("corpus"),
    ];
    {
      await using program = start([...args("killed", 2), "--json"]);
      await program.line(/"step":1,/);
      await program.until(appears(at("killed"), "checkpoints/step-000001"));
      program.kill("SIGKILL");
      await program.ended;
    }
    assertLess(await trains(args("killed", 2), { last: 2 }), 7000);
    assertLess(await trains(args("calm", 8), { last: 2 }), 8500);
    for (const file of ["model.safetensors", "optimizer.safetensors"]) {
      const path = (run: string) => at(run, "checkpoints", "step-000002", file);
      assertEquals(await digestOf(path("killed")), await digestOf(path("calm")), file);
    }
    await Deno.remove(at("calm"), { recursive: true });
    for (const format of ["gguf", "safetensors"]) {
      const flags = ["--run", at("killed"), "--format", format, "--output", at(format)];
      const { code, err } = await start(["export", ...flags]).ended;
      assertEquals(code, 0, err);
    }
    for (const model of [["--run", at("killed")], ["--model", at("safetensors")]]) {
      await using server = start(["serve", ...model, "--port", "0"]);
      const line = await server.line(/http:\/\/[\d.:]+/);
      const [origin] = /http:\/\/[\d.:]+/.exec(line) ?? [];
      const response = await fetch(`${origin}/v1/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "cllm", prompt: "The people", max_tokens: 8 }),
      });
      const body = await response.json();
      assertEquals(response.status, 200, JSON.stringify(body));
      assert(body.choices[0].text.length > 0);
      note(`serve: ${JSON.stringify(body.choices[0].text)}, ${await peakMib(server.pid)} MiB`);
    }
  },
});

for (
  const [shape, most, ...flags] of [
    ["SmolLM2-360M", 8000],
    ["Qwen3-0.6B", 12_000, "--recompute"],
    ["Qwen3-0.6B", 8000, "--recompute", "--frozen", "int8"],
  ] as const
) {
  Deno.test({
    name: `${shape}'s shape is tuned by an adapter ${flags.join(" ")}`,
    ignore,
    async fn() {
      await using folder = await openFolder();
      const at = (name: string) => join(folder.path, name);
      await writeLargeModel(at("model"), LARGE_SHAPES[shape]);
      const said = Array.from(
        { length: 40 },
        (_, i) => conversation(`What is ${i}?`, `It is ${i}.`),
      );
      await writeLines(at("chats.jsonl"), said);
      const args = ["tune", "--init", at("model"), "--run", at("run"), "--lora", "8", ...flags];
      const more = ["--steps", "3", "--rows", "4", "--context", "64", "--workers", "2"];
      assertLess(await trains([...args, ...more, at("chats.jsonl")], { last: 3 }), most);
    },
  });
}
