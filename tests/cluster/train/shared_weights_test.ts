import { assertEquals, assertRejects } from "@std/assert";
import { bytesOf } from "../../../cluster/train/areas.ts";
import { sha256Of } from "../../../cluster/train/blobs.ts";
import type { RoundResult, RoundTask } from "../../../cluster/train/records.ts";
import { SharedWeights } from "../../../cluster/train/shared_weights.ts";
import {
  ADAMW_DEFAULTS,
  addDelta,
  cutDelta,
  outerStep,
  segmentsOf,
  type SharedState,
} from "../../../stages/train/mod.ts";

const LENGTH = 3000, REPLICAS = 8;
const area = (seed: number) => Float32Array.from({ length: LENGTH }, (_, i) => Math.sin(i + seed));
const outer = { outerLearningRate: 0.7, outerMomentum: 0.9 };

Deno.test("a node steps its own segment, and fetches no delta of another", async () => {
  const stored = new Map<string, Uint8Array<ArrayBuffer>>();
  const fetched: string[] = [];
  const put = (bytes: Uint8Array<ArrayBuffer>) => {
    stored.set(sha256Of(bytes), bytes);
    return sha256Of(bytes);
  };
  const blobs = {
    put: (bytes: Uint8Array) => Promise.resolve(put(bytes.slice())),
    get(digest: string) {
      fetched.push(digest);
      return Promise.resolve(stored.get(digest) ?? new Uint8Array());
    },
    remove: () => Promise.resolve(),
  };
  const segments = segmentsOf(LENGTH, REPLICAS);
  const taskOf = (round: number, state: SharedState): RoundTask => ({
    ...{ round, rank: 2, replicas: REPLICAS, state: null, guard: null, batches: "", done: 0 },
    ...{ steps: 1, planned: 1, guardDeviations: 0, deltas: "f32", outer },
    schedule: { name: "cosine", peak: 1, warmup: 0, floor: 0, decay: 0 },
    optimizer: ADAMW_DEFAULTS,
    shared: {
      parameters: segments.map((segment) => put(bytesOf(state.parameters, segment))),
      outerMomentum: segments.map((segment) => put(bytesOf(state.outerMomentum, segment))),
    },
  });
  const before = { parameters: area(0), outerMomentum: area(1) };
  const sum = new Float32Array(LENGTH);
  const results = Array.from({ length: REPLICAS }, (_, rank): RoundResult => {
    const delta = area(2 + rank);
    addDelta(sum, delta);
    const bytes = new Uint8Array(delta.buffer);
    const parts = cutDelta(bytes, { form: "f32", length: LENGTH, count: REPLICAS });
    return { task: "", node: "", state: "", steps: "", guard: null, delta: parts.map(put) };
  });
  const after = outerStep(before, sum, { ...outer, replicas: REPLICAS });
  const [first, second] = [taskOf(1, before), taskOf(2, after)];

  const weights = new SharedWeights(blobs, LENGTH);
  assertEquals(await weights.at(first, () => []), before.parameters);
  fetched.length = 0;
  assertEquals(await weights.at(second, () => results), after.parameters);
  const others = second.shared.parameters.filter((_, at) => at !== 2);
  assertEquals(fetched, [...results.map(({ delta }) => delta[2] ?? ""), ...others]);

  const damaged = after.parameters.with(segments[2]?.start ?? 0, 1e9);
  const other = new SharedWeights(blobs, LENGTH);
  await other.at(first, () => []);
  await assertRejects(
    () => other.at(taskOf(2, { ...after, parameters: damaged }), () => results),
    Error,
    "the outer step of round 1 gives other bits on this machine than on the keeper's",
  );
});
