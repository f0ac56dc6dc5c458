import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { checkRules } from "../../cli/flag_rules.ts";
import { parseFlags, UsageError } from "../../cli/flags.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../run/settings/pipeline.ts";
import { replicasOf } from "../../run/settings/replicas.ts";
import { exists } from "../../model/durable.ts";
import { isWithoutNats, startNats } from "../cluster/nats_server.ts";
import { writeCorpus } from "./corpus.ts";
import { openFolder, run, start } from "./program.ts";

/** The replicas that a command line asks for, once its flags are checked. */
function replicasFor(...args: string[]) {
  const parsed = parseFlags(args, { flags: PIPELINE_FLAGS });
  checkRules(PIPELINE_FLAGS, parsed);
  return replicasOf(settingsOf(parsed).wanted).replicas;
}

Deno.test("rounds follow from the optimizer, and flags without replicas are refused", () => {
  assertEquals([replicasFor(), replicasFor("--replicas", "1")], [undefined, undefined]);
  assertEquals(replicasFor("--replicas", "4"), {
    replicas: 4,
    innerSteps: 30,
    outerLearningRate: 0.9,
    outerMomentum: 0.8,
    deltas: "f32",
  });
  assertEquals(replicasFor("--replicas", "2", "--optimizer", "adamw", "--deltas", "int8"), {
    replicas: 2,
    innerSteps: 500,
    outerLearningRate: 0.7,
    outerMomentum: 0.9,
    deltas: "int8",
  });
  const refused: Readonly<Record<string, string[]>> = {
    "Cannot use --inner-steps without --replicas N": ["--inner-steps", "5"],
    "Cannot use --deltas with --replicas 1: it has nothing to decide then": [
      ...["--replicas", "1", "--deltas", "int8"],
    ],
    "Cannot use both --replicas and --seconds: choose one": ["--replicas", "2", "--seconds", "9"],
    "Cannot use --replicas 13: it must be an integer from 1 to 12": ["--replicas", "13"],
    "use --steps 98 or 105": ["--replicas", "7", "--steps", "100"],
  };
  for (const [message, args] of Object.entries(refused)) {
    assertThrows(() => replicasFor(...args), UsageError, message);
  }
});

Deno.test("a run in replicas ends the same, killed within rounds and on several machines", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 11 });
  const at = (...path: string[]) => join(folder.path, ...path);
  const settings = [
    ...["--steps", "12", "--vocab", "300", "--replicas", "2", "--inner-steps", "2"],
    ...["--deltas", "int8", "--checkpoint-every", "3", corpus],
  ];
  const args = (name: string, ...more: string[]) => [
    ...["pipeline", "--run", at(name), "--json", ...more, ...settings],
  ];
  const calm = await run(args("calm", "--workers", "2"));
  assertEquals([calm.code, calm.err], [0, ""]);

  for (const [signal, step] of [["SIGKILL", 7], ["SIGINT", 10]] as const) {
    await using program = start(args("torn", "--workers", "1"));
    await program.line(new RegExp(`"step":${step},`));
    program.kill(signal);
    await program.ended;
  }
  const rest = await run(args("torn", "--workers", "2"));
  assertEquals([rest.code, rest.err], [0, ""]);
  const steps = rest.out.split("\n").filter((line) => line.startsWith('{"step"'));
  const { step, replica, replicas, round } = JSON.parse(steps[0] ?? "");
  assert(step > 4 && step % 4 === 1, `it began at step ${step} again`);
  assertEquals([replica, replicas, round], [0, 2, 1 + (step - 1) / 4]);

  if (!await isWithoutNats()) {
    await using broker = await startNats(1);
    const cluster = ["--cluster", broker.urls, "--run", "spread"];
    await using nodes = new AsyncDisposableStack();
    const node = (...more: string[]) => nodes.use(start(["node", ...cluster, ...more]));
    const keeper = node("--roles", "text,keeper", "--folder", at("spread"));
    // Two nodes train, whichever takes which replica.
    const first = node("--roles", "train", "--workers", "1");
    const watching = run(["pipeline", ...cluster, ...settings]);
    await first.line(/joins the run/);
    node("--roles", "train", "--workers", "2");
    // A node that fails ends before the run.
    const ended = [keeper, first].map(async (node) => {
      const { code, err } = await node.ended;
      assertEquals(code, 0, err);
      return await watching;
    });
    const { code, err } = await Promise.race([watching, ...ended]);
    assertEquals([code, err], [0, ""]);
  }
  const manifestOf = (name: string) => Deno.readTextFile(at(name, "manifest.json"));
  for (const name of ["torn", "spread"]) {
    if (!await exists(at(name))) continue;
    assertEquals(await manifestOf(name), await manifestOf("calm"));
    for (const file of ["model.safetensors", "optimizer.safetensors"]) {
      const read = (name: string) => Deno.readFile(at(name, "checkpoints", "step-000012", file));
      const [found, whole] = [await read(name), await read("calm")];
      assert(found.every((byte, i) => byte === whole[i]) && found.length === whole.length, file);
    }
  }
  // A checkpoint each time a round has passed a multiple of three.
  const names = Array.from(Deno.readDirSync(at("calm", "checkpoints")), ({ name }) => name);
  assertEquals(names.filter((name) => name.startsWith("step-")).sort(), [
    ...["step-000004", "step-000008", "step-000012"],
  ]);
  const other = await run(["pipeline", "--run", at("calm"), "--replicas", "3", "--force"]);
  assertEquals(other.code, 2);
  assertStringIncludes(other.err, "with --replicas 3 (began with 2): that cannot change any more");
});
