import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import * as ort from "onnxruntime-web";
import { exportOnnx, writeOnnx } from "../../../model/onnx/mod.ts";
import { distance, FAMILIES, type Golden, GOLDENS, readGolden } from "../../engine/golden.ts";
import { onnx } from "./onnx_proto.ts";

ort.env.wasm.numThreads = 1;

/** Float32 sums in another order than PyTorch's. */
const TOLERANCE = 1e-4;

type Tensors = Record<string, ort.Tensor>;

/** Rows of equal length as an int64 tensor. */
function int64(rows: readonly (readonly number[])[]): ort.Tensor {
  const values = BigInt64Array.from(rows.flat(), BigInt);
  return new ort.Tensor("int64", values, [rows.length, rows[0]?.length ?? 0]);
}

/** A cache with nothing in it. */
function emptyCache({ config }: Golden, rows: number): Tensors {
  const { num_key_value_heads: K, head_dim: N, num_hidden_layers: L } = config;
  const names = Array.from({ length: L }, (_, layer) => `past_key_values.${layer}`);
  const empty = () => new ort.Tensor("float32", new Float32Array(0), [rows, K, 0, N]);
  return Object.fromEntries(
    names.flatMap((name) => [[`${name}.key`, empty()], [`${name}.value`, empty()]]),
  );
}

/** The cache that a run gives back, named for the next one. */
function nextCache(outputs: Tensors): Tensors {
  const present = Object.entries(outputs).filter(([name]) => name.startsWith("present"));
  return Object.fromEntries(
    present.map(([name, tensor]) => [name.replace("present", "past_key_values"), tensor]),
  );
}

/** Logits `[V]` at one place of a `[B, S, V]` output. */
function logitsAt(outputs: Tensors, row: number, col: number): Float32Array {
  const { data, dims: [, S = 0, V = 0] = [] } = outputs.logits ?? {};
  assert(data instanceof Float32Array);
  return data.subarray((row * S + col) * V, (row * S + col + 1) * V);
}

function upTo(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

for (const name of GOLDENS) {
  Deno.test(`${name}: an exported model`, async (t) => {
    const golden = await readGolden(name);
    const { inputIds } = golden;
    const [B, T] = [inputIds.length, inputIds[0]?.length ?? 0];
    const session = await ort.InferenceSession.create(exportOnnx(golden));

    await t.step("has PyTorch's logits for a whole batch", async () => {
      const outputs = await session.run({
        input_ids: int64(inputIds),
        attention_mask: int64(inputIds.map((row) => row.map(() => 1))),
        position_ids: int64(inputIds.map(() => upTo(T))),
        ...emptyCache(golden, B),
      });
      assertEquals(outputs.logits?.dims, [B, T, golden.config.vocab_size]);
      for (let row = 0; row < B; row++) {
        for (let col = 0; col < T; col++) {
          assertLess(distance(logitsAt(outputs, row, col), golden.logits(row, col)), TOLERANCE);
        }
      }
    });

    for (const pieces of [[T], upTo(T).map(() => 1), [5, 1, 13], [18, 1]]) {
      await t.step(`has them in pieces of ${pieces} over the cache`, async () => {
        let cache = emptyCache(golden, 1), from = 0;
        for (const length of pieces) {
          const positions = upTo(length).map((i) => from + i);
          const outputs = await session.run({
            input_ids: int64([inputIds[0]?.slice(from, from + length) ?? []]),
            attention_mask: int64([upTo(from + length).map(() => 1)]),
            position_ids: int64([positions]),
            ...cache,
          });
          for (const [i, col] of positions.entries()) {
            assertLess(distance(logitsAt(outputs, 0, i), golden.logits(0, col)), TOLERANCE);
          }
          cache = nextCache(outputs);
          from += length;
        }
        const { num_key_value_heads: K, head_dim: N } = golden.config;
        assertEquals(cache["past_key_values.0.key"]?.dims, [1, K, T, N]);
      });
    }

    for (const side of ["left", "right"] as const) {
      await t.step(`has them where rows are padded on the ${side}`, async () => {
        const lengths = [T, 4, 1, 11];
        const pad = (values: number[], filler: number) => {
          const padding = upTo(T - values.length).map(() => filler);
          return side === "left" ? [...padding, ...values] : [...values, ...padding];
        };
        const outputs = await session.run({
          input_ids: int64(inputIds.map((row, b) => pad(row.slice(0, lengths[b]), 7))),
          attention_mask: int64(lengths.map((length) => pad(upTo(length).map(() => 1), 0))),
          position_ids: int64(lengths.map((length) => pad(upTo(length), 1))),
          ...emptyCache(golden, B),
        });
        for (const [row, length] of lengths.entries()) {
          for (let col = 0; col < length; col++) {
            const at = side === "left" ? T - length + col : col;
            assertLess(distance(logitsAt(outputs, row, at), golden.logits(row, col)), TOLERANCE);
          }
        }
      });
    }
    await session.release();
  });

  Deno.test(`${name}: the file has every weight of the layout, once, and standard operators`, async () => {
    const golden = await readGolden(name);
    const model = onnx.ModelProto.decode(exportOnnx(golden));
    assertEquals(model.opsetImport.map(({ domain, version }) => [domain, Number(version)]), [[
      "",
      17,
    ]]);
    assertEquals(model.producerName, "cllm");
    assertEquals(JSON.parse(model.metadataProps[0]?.value ?? ""), golden.config);
    const graph = model.graph;
    assert(graph?.node && graph.initializer);
    assertEquals(graph.node.filter(({ domain }) => domain), []);
    const stored = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    assertEquals(stored.size, graph.initializer.length);
    for (const { name, shape, offset, size } of golden.layout.parameters) {
      const tensor = stored.get(name);
      assertEquals(tensor?.dims?.map(Number), [...shape]);
      const raw = Uint8Array.from(tensor?.rawData ?? []);
      assertEquals(new Float32Array(raw.buffer), golden.parameters.slice(offset, offset + size));
    }
    const used = new Set(graph.node.flatMap((node) => node.input ?? []));
    assertEquals([...stored.keys()].filter((name) => !used.has(name ?? "")), []);
  });
}

for (const name of FAMILIES) {
  Deno.test(`${name}: an exported model has PyTorch's logits for a whole batch`, async () => {
    const golden = await readGolden(name);
    const { inputIds } = golden;
    const session = await ort.InferenceSession.create(exportOnnx(golden));
    const outputs = await session.run({
      input_ids: int64(inputIds),
      attention_mask: int64(inputIds.map((row) => row.map(() => 1))),
      position_ids: int64(inputIds.map((row) => upTo(row.length))),
      ...emptyCache(golden, inputIds.length),
    });
    for (const [row, ids] of inputIds.entries()) {
      for (const col of ids.keys()) {
        assertLess(distance(logitsAt(outputs, row, col), golden.logits(row, col)), TOLERANCE);
      }
    }
    await session.release();
  });
}

for (const name of GOLDENS) {
  Deno.test(`${name}: int8 predicts nearly as PyTorch does, in a quarter of the bytes`, async () => {
    const golden = await readGolden(name);
    const { inputIds, config } = golden;
    const file = exportOnnx({ ...golden, precision: "int8" });
    const session = await ort.InferenceSession.create(file);
    const outputs = await session.run({
      input_ids: int64(inputIds),
      attention_mask: int64(inputIds.map((row) => row.map(() => 1))),
      position_ids: int64(inputIds.map((row) => upTo(row.length))),
      ...emptyCache(golden, inputIds.length),
    });
    // Mean cross-entropy of PyTorch's own predictions under each: the excess is the divergence.
    let [excess, places] = [0, 0];
    for (const [row, ids] of inputIds.entries()) {
      for (const col of ids.keys()) {
        const wanted = logSoftmax(golden.logits(row, col));
        const found = logSoftmax(logitsAt(outputs, row, col));
        wanted.forEach((logP, i) => excess += Math.exp(logP) * (logP - (found[i] ?? NaN)));
        places++;
      }
    }
    assertLess(Math.exp(excess / places), 1.02);
    const graph = onnx.ModelProto.decode(file).graph;
    const stored = new Map(graph?.initializer?.map((tensor) => [tensor.name, tensor]));
    const { INT8, FLOAT } = onnx.TensorProto.DataType;
    for (const { name, shape } of golden.layout.parameters) {
      assertEquals(stored.get(name)?.dims?.map(Number), [...shape]);
      assertEquals(stored.get(name)?.dataType, shape.length === 2 ? INT8 : FLOAT, name);
    }
    const head = config.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight";
    assertEquals(stored.get(`${head}.scale`)?.dims?.map(Number), [config.vocab_size]);
    await session.release();
  });
}

function logSoftmax(logits: Float32Array): Float64Array {
  const sum = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return Float64Array.from(logits, (logit) => logit - Math.log(sum));
}

Deno.test("writeOnnx writes what exportOnnx returns, also from shared memory", async () => {
  const golden = await readGolden("mha_tied");
  const parameters = new Float32Array(new SharedArrayBuffer(golden.parameters.byteLength));
  parameters.set(golden.parameters);
  const dir = await Deno.makeTempDir();
  try {
    await writeOnnx(`${dir}/model.onnx`, { ...golden, parameters });
    assertEquals(await Deno.readFile(`${dir}/model.onnx`), exportOnnx(golden));
    assertEquals([...Deno.readDirSync(dir)].length, 1);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a refused export names the reason and leaves the old file alone", async () => {
  const golden = await readGolden("mha_tied");
  const short = { ...golden, parameters: golden.parameters.subarray(1) };
  const message = `Cannot export to ONNX: the model has ${golden.layout.length} parameters, ` +
    `got ${golden.layout.length - 1}`;
  assertThrows(() => exportOnnx(short), TypeError, message);
  const dir = await Deno.makeTempDir();
  try {
    const path = `${dir}/model.onnx`;
    await Deno.writeTextFile(path, "old");
    await assertRejects(() => writeOnnx(path, short), TypeError, message);
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["model.onnx"]);
    assertEquals(await Deno.readTextFile(path), "old");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
