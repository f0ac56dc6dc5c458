import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connectCluster } from "../../../cluster/connect.ts";
import { type Credentials, readCredentials } from "../../../cluster/credentials.ts";
import { createRun, sealRecord } from "../../../cluster/run.ts";
import { openBlobs } from "../../../cluster/train/blobs.ts";
import { leadRounds } from "../../../cluster/train/lead.ts";
import { readResult, readTask, resultKey, taskKey } from "../../../cluster/train/records.ts";
import { probeKernels } from "../../../cluster/train/probe.ts";
import type { ModelConfig } from "../../../model/config.ts";
import {
  ADAMW_DEFAULTS,
  MUON_DEFAULTS,
  newReplicas,
  newTraining,
  type ReplicasState,
  train,
  type TrainingState,
  type TrainOptions,
} from "../../../stages/train/mod.ts";
import type { Batch, StepReport } from "../../../stages/types.ts";
import type { Spheres } from "../../../workers/mod.ts";
import { type Program, startCommand } from "../../commands/program.ts";
import { openGolden, readGolden } from "../../workers/golden.ts";
import { isWithoutNats, startNats } from "../nats_server.ts";
import { type SecuredNats, startSecuredNats } from "../secured.ts";

const PROGRAM = new URL("./node_program.ts", import.meta.url).pathname;
const REPLICAS = 3, INNER = 4, ROUNDS = 5, STEPS = REPLICAS * INNER * ROUNDS;

const ignore = await isWithoutNats();
const broker = ignore ? undefined : await startNats(1);
addEventListener("unload", () => broker?.servers[0]?.kill());
const urls = broker?.urls ?? "";
const golden = await readGolden("gqa_untied");
/** What the spheres are opened for, here and on every node. */
const headSample = { kept: 9, period: 4 };

/** Batches whose rows are the golden one's, shifted: each another. */
function batchAt(number: number): Batch {
  const { batch } = golden;
  const shift = (ids: Int32Array) => ids.map((_, i) => ids[(i + number) % ids.length] ?? 0);
  return {
    ...batch,
    inputIds: shift(batch.inputIds),
    targetIds: shift(batch.targetIds),
    cursor: { epoch: 0, batch: number, state: null },
  };
}

/** Trains from the golden weights, here or by `computeRound`. */
async function trained(
  spheres: Spheres,
  more: Pick<TrainOptions, "computeRound"> & {
    onReport?: (report: StepReport) => unknown;
    replicas?: number;
    innerSteps?: number;
  },
): Promise<{ replicas: ReplicasState | undefined; losses: number[] }> {
  const { layout } = spheres;
  const { replicas: count = REPLICAS, innerSteps = INNER, ...rest } = more;
  const steps = count * innerSteps * ROUNDS;
  const replicas = newReplicas(count, { length: layout.length, deltas: "int8" });
  for (const { name, offset } of layout.parameters) {
    replicas.parameters.set(golden.weights.get(name) ?? [], offset);
  }
  const state: TrainingState = { ...newTraining(), replicas };
  const batches = Array.from({ length: steps }, (_, i) => batchAt(i + 1));
  const losses: number[] = [];
  const stage = train({
    spheres,
    state,
    duration: { steps },
    schedule: { name: "cosine", peak: 3e-3, warmup: 0.1, floor: 0.1, decay: 0 },
    optimizer: { ...ADAMW_DEFAULTS, muon: MUON_DEFAULTS, sampleUntil: 0.5 },
    replicas: { ...SETTINGS, innerSteps },
    ...rest,
  });
  for await (const report of ReadableStream.from(batches).pipeThrough(stage)) {
    losses.push(report.loss);
    await more.onReport?.(report);
  }
  return { replicas: state.replicas, losses };
}

const SETTINGS = {
  innerSteps: INNER,
  outerLearningRate: 0.9,
  outerMomentum: 0.8,
  deltas: "int8",
} as const;

const node = (run: string, name: string, ...killed: string[]) =>
  startCommand([Deno.execPath(), "run", "--allow-all", PROGRAM, urls, run, name, ...killed]);

/** A node with its own credentials, in the run `books`. */
const securedNode = (nats: SecuredNats, name: string) =>
  startCommand([Deno.execPath(), "run", "--allow-all", PROGRAM, nats.urls, "books", name], {
    env: { CREDENTIALS: nats.credentials(name) },
  });

/** A new run on the broker, and what computes its rounds. */
async function lead(
  run: string,
  training: { config: ModelConfig; probe: string },
  at: { urls: string; credentials?: Credentials } = { urls },
) {
  const cluster = await connectCluster(at.urls, { name: "keeper", ...at });
  const record = sealRecord({
    settings: {},
    options: {},
    program: "0",
    leaseMs: 1000,
    docBytes: 2 ** 20,
  });
  const joined = await createRun(cluster, run, record);
  const { signal } = new AbortController();
  const { rows, cols } = golden.batch;
  const blobs = await openBlobs(joined, { signal, create: true });
  return {
    bucket: joined.bucket,
    computeRound: leadRounds({
      run: joined,
      blobs,
      training: { rows, cols, leaves: 12, strictSimd: false, headSample, ...training },
      replicas: SETTINGS,
      signal,
    }),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

Deno.test({
  name: "one, two and three nodes give the bits of one machine, whichever die or come late",
  ignore,
  async fn() {
    await using spheres = await openGolden(golden, { workers: 2, headSample });
    const alone = await trained(spheres, {});
    const probe = await probeKernels({ strictSimd: false });
    const { config } = golden;
    {
      await using _node = node("one", "a");
      {
        await using leading = await lead("one", { config, probe });
        assertEquals(await trained(spheres, leading), alone);
        // Of what was exchanged, the last round is left, whose outer step a node may yet take.
        const keys = await Array.fromAsync(await leading.bucket.keys());
        const rounds = keys.filter((key) => /^(round|delta)/.test(key))
          .map((key) => key.split(".")[1]);
        assertEquals(new Set(rounds), new Set([`${ROUNDS}`]));
      }
      // Another keeper, which goes on from an earlier checkpoint; and the broker is away for a while.
      await using leading = await lead("one", { config, probe });
      const onReport = async ({ step }: StepReport) => {
        if (step === REPLICAS * INNER + 1) await broker?.servers[0]?.restart();
      };
      assertEquals(await trained(spheres, { ...leading, onReport }), alone);
    }
    {
      await using leading = await lead("three", { config, probe });
      await using nodes = new AsyncDisposableStack();
      const start = (name: string, ...killed: string[]) =>
        nodes.use(node("three", name, ...killed));
      // Each dies in a turn, in the middle of a round; its lease expires, and another takes it over.
      const dying = (async () => {
        for (const [name, turn] of [["a", "2.1"], ["b", "3.2"]] as const) {
          assertEquals((await start(name, turn).ended).signal, "SIGKILL");
        }
        return [start("c"), start("d")];
      })();
      let late: Program | undefined;
      const onReport = async ({ step }: StepReport) => {
        if (step !== 4 * REPLICAS * INNER) return;
        late = start("late");
        await late.line(/waits for the other replicas/);
      };
      assertEquals(await trained(spheres, { ...leading, onReport }), alone);
      for (const alive of [...await dying, late]) assert(await alive?.line(/waits for the other/));
    }
    assertEquals([alone.replicas?.round, alone.losses.length], [ROUNDS, STEPS]);
  },
});

Deno.test({
  name: "eight replicas divide the outer step among two nodes, to the bits of one machine",
  ignore,
  async fn() {
    await using spheres = await openGolden(golden, { workers: 2, headSample });
    const eight = { replicas: 8, innerSteps: 1 };
    const alone = await trained(spheres, eight);
    const probe = await probeKernels({ strictSimd: false });
    await using leading = await lead("eight", { config: golden.config, probe });
    await using _a = node("eight", "a");
    await using _b = node("eight", "b");
    assertEquals(await trained(spheres, { ...leading, ...eight }), alone);
    const result = await leading.bucket.get(resultKey(ROUNDS, 0));
    assertEquals(readResult(result?.string() ?? "").delta.length, 8);
    const task = readTask((await leading.bucket.get(taskKey(ROUNDS, 7)))?.string() ?? "");
    assertEquals(task.shared.parameters.length, 8);
  },
});

Deno.test({
  name: "a machine whose kernels round otherwise is refused",
  ignore,
  async fn() {
    await using spheres = await openGolden(golden, { workers: 1, headSample });
    const { config } = golden;
    await using leading = await lead("other", {
      config,
      probe: await probeKernels({ strictSimd: true }),
    });
    await using refused = node("other", "a");
    const training = trained(spheres, leading).catch(() => {});
    const { code, err } = await refused.ended;
    assertEquals(code, 1);
    assertStringIncludes(
      err,
      "its kernels round otherwise than the keeper's; begin the run with --strict-simd",
    );
    void training;
  },
});

Deno.test({
  name: "docs/nats/access.conf lets a node with the role train do all that it must",
  ignore,
  async fn() {
    await using nats = await startSecuredNats(1);
    await using spheres = await openGolden(golden, { workers: 1, headSample });
    const credentials = await readCredentials({
      file: nats.credentials("keeper1"),
      env: new Map(),
    });
    const probe = await probeKernels({ strictSimd: false });
    await using leading = await lead("books", { config: golden.config, probe }, {
      urls: nats.urls,
      credentials,
    });
    await using _node = securedNode(nats, "train1");
    assertEquals((await trained(spheres, leading)).losses.length, STEPS);
  },
});
