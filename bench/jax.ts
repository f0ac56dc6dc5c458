/**
 * How does a training step compare with jax-js, in one run? The same model, batch size and optimizer
 * in its NumPy-like operations, compiled by its `jit`, on its multi-threaded WebAssembly backend.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from "@jax-js/jax";
import { randomStream } from "../model/random.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { median } from "./median.ts";
import { CONFIGS, type Dims, measureTraining, randomBatch } from "./train.ts";

// Arrays are counted references: an argument is consumed, `.ref` keeps it.
type Layer = {
  qkv: np.Array;
  output: np.Array;
  gateUp: np.Array;
  down: np.Array;
  inputNorm: np.Array;
  postNorm: np.Array;
};
type Parameters = { embedding: np.Array; norm: np.Array; layers: Layer[] };

/** Runs `bench jax [--steps N] [--json]` on the tiny reference model. */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs({ args, options: { steps: TEXT, json: SWITCH } }).values;
  const steps = Number(flags.steps ?? 12);
  const ours = await measureTraining("tiny", { workers: navigator.hardwareConcurrency, steps });
  const msPerStep = await measureJax(CONFIGS.tiny, steps);
  const result = {
    config: "tiny",
    msPerStep: ours.msPerStep,
    jaxMsPerStep: msPerStep,
    timesAsFast: msPerStep / ours.msPerStep,
  };
  console.log(flags.json ? JSON.stringify(result) : result);
  // Its workers cannot be asked to end.
  Deno.exit();
}

/** Median milliseconds of a step, after two that compile. */
async function measureJax(dims: Dims, steps: number): Promise<number> {
  await init("wasm");
  defaultDevice("wasm");
  const { B, T, V } = dims;
  const { inputIds, targetIds } = randomBatch(dims);
  const rows = (ids: Int32Array) => nn.oneHot(np.array([...ids], { dtype: np.int32 }), V);
  const inputs = rows(inputIds);
  const targets = rows(targetIds);
  const [cos, sin] = rotations(dims);
  const parameters = initial(dims);
  const zeros = () => tree.map((x: np.Array) => np.zerosLike(x.ref), parameters) as Parameters;
  const gradient = valueAndGrad(loss(dims));

  const step = jit((
    [p, m, v]: [Parameters, Parameters, Parameters],
    [inputs, targets, cos, sin]: np.Array[],
  ) => {
    const [nats, g] = gradient(tree.ref(p), [inputs, targets, cos, sin] as np.Array[]);
    const first = tree.map(
      (m: np.Array, g: np.Array) => m.mul(0.9).add(g.mul(0.1)),
      m,
      tree.ref(g as Parameters),
    ) as Parameters;
    const second = tree.map(
      (v: np.Array, g: np.Array) => v.mul(0.95).add(np.square(g).mul(0.05)),
      v,
      g as Parameters,
    ) as Parameters;
    const updated = tree.map(
      (p: np.Array, m: np.Array, v: np.Array) =>
        p.mul(1 - 1e-4).sub(m.div(np.sqrt(v).add(1e-8)).mul(1e-3)),
      p,
      tree.ref(first),
      tree.ref(second),
    ) as Parameters;
    return { state: [updated, first, second], nats: nats as np.Array };
  });

  let state: [Parameters, Parameters, Parameters] = [parameters, zeros(), zeros()];
  const times: number[] = [];
  for (let i = 0; i < steps + 2; i++) {
    const start = performance.now();
    const result = step(state, [inputs.ref, targets.ref, cos.ref, sin.ref]);
    await blockUntilReady(result.state);
    state = result.state as typeof state;
    if (!Number.isFinite((await result.nats.data())[0])) {
      throw new RangeError(
        `Cannot measure jax-js: its loss at step ${i} of ${B * T} tokens is NaN`,
      );
    }
    if (i >= 2) times.push(performance.now() - start);
  }
  return median(times);
}

/** Mean nats per token of the reference model. */
function loss({ L, H, D, T, B }: Dims) {
  const N = D / H;
  const norm = (x: np.Array, weight: np.Array) => {
    const rms = np.sqrt(np.square(x.ref).mean(-1, { keepdims: true }).add(1e-5));
    return x.div(rms).mul(weight);
  };
  const rotate = (x: np.Array, cos: np.Array, sin: np.Array) => {
    const [a, b] = np.split(x.ref, 2, -1) as [np.Array, np.Array];
    return x.mul(cos).add(np.concatenate([b.neg(), a], -1).mul(sin));
  };
  return ({ embedding, norm: last, layers }: Parameters, batch: np.Array[]) => {
    const [inputs, targets, cos, sin] = batch as [np.Array, np.Array, np.Array, np.Array];
    let x = np.matmul(inputs, embedding.ref).reshape([B, T, D]);
    for (let layer = 0; layer < L; layer++) {
      const { qkv, output, gateUp, down, inputNorm, postNorm } = layers[layer] as Layer;
      const heads = np.matmul(norm(x.ref, inputNorm), qkv).reshape([B, T, 3 * H, N]);
      const [q, k, v] = np.split(heads, 3, 2) as [np.Array, np.Array, np.Array];
      const attended = nn.dotProductAttention(
        rotate(q, cos.ref, sin.ref),
        rotate(k, cos.ref, sin.ref),
        v,
        { isCausal: true },
      );
      x = x.add(np.matmul(attended.reshape([B, T, D]), output));
      const wide = np.matmul(norm(x.ref, postNorm), gateUp);
      const [gate, up] = np.split(wide, 2, -1) as [np.Array, np.Array];
      x = x.add(np.matmul(nn.silu(gate).mul(up), down));
    }
    cos.dispose();
    sin.dispose();
    const logits = np.matmul(norm(x, last).reshape([B * T, D]), embedding.transpose());
    return nn.logSoftmax(logits, -1).mul(targets).sum().mul(-1 / (B * T));
  };
}

function initial({ L, D, F, V }: Dims): Parameters {
  const random = randomStream(1, { name: "bench-jax" });
  let drawn = 0;
  const matrix = (rows: number, cols: number) =>
    np.array(Float32Array.from({ length: rows * cols }, () => random.normal(drawn++) * 0.02))
      .reshape([rows, cols]);
  const ones = () => np.array(new Float32Array(D).fill(1));
  return {
    embedding: matrix(V, D),
    norm: ones(),
    layers: Array.from({ length: L }, () => ({
      qkv: matrix(D, 3 * D),
      output: matrix(D, D),
      gateUp: matrix(D, 2 * F),
      down: matrix(F, D),
      inputNorm: ones(),
      postNorm: ones(),
    })),
  };
}

/** Cosines and sines of RoPE, [T, 1, N] each. */
function rotations({ T, D, H }: Dims): [np.Array, np.Array] {
  const N = D / H;
  const table = (f: (angle: number) => number) =>
    np.array(Float32Array.from({ length: T * N }, (_, i) => {
      const position = Math.floor(i / N);
      return f(position / 10000 ** (2 * (i % (N / 2)) / N));
    })).reshape([T, 1, N]);
  return [table(Math.cos), table(Math.sin)];
}
