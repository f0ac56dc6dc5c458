import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { gguf } from "@huggingface/gguf";
import { join } from "node:path";
import {
  encodeGguf,
  type GgufSplit,
  type GgufType,
  readGguf,
  writeGguf,
} from "../../../model/gguf/mod.ts";
import { decodeRows, encodeRows, typeFor } from "../../../model/gguf/blocks.ts";
import { type FAMILIES, type Golden, GOLDENS, readGolden } from "../../engine/golden.ts";
import { RANDOM_FAMILIES, type RandomFamily, randomFamily } from "../families.ts";
import { withDir } from "../with_dir.ts";

/** A tokenizer of as many tokens as the model has, but for one id. */
function wordsOf({ config }: Golden) {
  const vocab = Object.fromEntries(
    Array.from({ length: config.vocab_size - 3 }, (_, i) => [`t${i}`, i + 3]),
  );
  const tokenizerJson = JSON.stringify({
    added_tokens: [{ id: 0, content: "<|endoftext|>" }, { id: 1, content: "<|pad|>" }],
    model: { type: "BPE", vocab, merges: [["t1", "t2"], "t 3"] },
  });
  return { tokenizerJson, split: "gpt2" } as const;
}

function bytesOf(source: Parameters<typeof encodeGguf>[0]): Uint8Array {
  const chunks = [...encodeGguf(source)];
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  chunks.reduce((at, chunk) => (bytes.set(chunk, at), at + chunk.length), 0);
  return bytes;
}

for (const name of GOLDENS) {
  Deno.test(`${name}: another reader finds configuration, tokenizer and tensors`, async () => {
    const golden = await readGolden(name);
    const { config, layout, parameters } = golden;
    await withDir(async (dir) => {
      const path = join(dir, "model.gguf");
      const chatTemplate = "{{ messages[0].content }}";
      const namedTemplates = { "tool_use": "tools", "rag-2": "documents" };
      const source = { ...golden, ...wordsOf(golden), chatTemplate, namedTemplates, prefix: [0] };
      await writeGguf(path, { ...source, type: "f32" });
      assertThrows(() => bytesOf({ ...source, prefix: [0, 0], type: "f32" }), Error, "several");
      const { metadata, tensorInfos, tensorDataOffset } = await gguf(path, {
        allowLocalFile: true,
      });
      const expected: Record<string, unknown> = {
        "version": 3,
        "general.architecture": "llama",
        "llama.block_count": config.num_hidden_layers,
        "llama.embedding_length": config.hidden_size,
        "llama.feed_forward_length": config.intermediate_size,
        "llama.attention.head_count": config.num_attention_heads,
        "llama.attention.head_count_kv": config.num_key_value_heads,
        "llama.rope.freq_base": Math.fround(config.rope_theta),
        "llama.attention.layer_norm_rms_epsilon": Math.fround(config.rms_norm_eps),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.padding_token_id": 1,
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.add_bos_token": true,
        "tokenizer.chat_template": chatTemplate,
        "tokenizer.chat_template.tool_use": "tools",
        "tokenizer.chat_template.rag_2": "documents",
        "tokenizer.chat_templates": ["tool_use", "rag_2"],
        "tokenizer.ggml.merges": ["t1 t2", "t 3"],
      };
      const found = new Map(Object.entries(metadata));
      for (const [key, value] of Object.entries(expected)) assertEquals(found.get(key), value, key);
      const tokens = found.get("tokenizer.ggml.tokens");
      assert(Array.isArray(tokens));
      assertEquals(tokens.length, config.vocab_size);
      assertEquals(tokens.slice(0, 4), ["<|endoftext|>", "<|pad|>", "[unused2]", "t0"]);
      assertEquals(tensorInfos.length, layout.parameters.length);

      const file = await Deno.readFile(path);
      const tensor = (name: string) => {
        const info = tensorInfos.find((info) => info.name === name);
        assert(info, name);
        const begin = Number(tensorDataOffset) + Number(info.offset);
        assertEquals(begin % 32, 0);
        const size = info.shape.reduce((a, b) => a * Number(b), 1);
        return { info, values: new Float32Array(file.slice(begin, begin + 4 * size).buffer) };
      };
      const { hidden_size: D, vocab_size: V, head_dim: N } = config;
      const embedding = layout.get("model.embed_tokens.weight");
      assertEquals(tensor("token_embd.weight").info.shape.map(Number), [D, V]);
      assertEquals(tensor("token_embd.weight").values, parameters.slice(0, embedding.size));
      assertEquals(tensorInfos.some(({ name }) => name === "output.weight"), name === "gqa_untied");
      // Rows 0, 1, 2 of the first head are rows 0, N/2, 1 of Hugging Face's.
      const { offset } = layout.get("model.layers.0.self_attn.k_proj.weight");
      const row = (i: number) => parameters.slice(offset + i * D, offset + (i + 1) * D);
      const key = tensor("blk.0.attn_k.weight").values;
      for (const [i, from] of [0, N / 2, 1].entries()) {
        assertEquals(key.slice(i * D, (i + 1) * D), row(from));
      }
    });
  });

  for (const type of ["f32", "f16", "q8_0"] satisfies GgufType[]) {
    Deno.test(`${name}: weights read back from ${type} are as near as the type allows`, async () => {
      const golden = await readGolden(name);
      const { layout, parameters } = golden;
      await withDir(async (dir) => {
        const path = join(dir, "model.gguf");
        await writeGguf(path, { ...golden, ...wordsOf(golden), type });
        assertEquals((await Array.fromAsync(Deno.readDir(dir))).length, 1);
        const found = new Float32Array(layout.length);
        await readGguf(path, { ...golden, parameters: found });
        for (const { name, shape, offset, size } of layout.parameters) {
          const stored = typeFor(shape, type);
          const most = parameters.subarray(offset, offset + size)
            .reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          // Half a unit in the last place of f16; of q8_0 half a step, and the scale's own rounding.
          const bound =
            { f32: 0, f16: most * 2 ** -11, q8_0: most * (0.5 / 127 + 2 ** -11) }[stored];
          for (let i = offset; i < offset + size; i++) {
            const error = Math.abs((found[i] as number) - (parameters[i] as number));
            assert(error <= bound, `${name}: ${error} past ${bound}`);
          }
        }
      });
    });
  }
}

Deno.test("a GGUF file has each family's name, biases in the order of rows, and rotary factors", async () => {
  const written = async (name: RandomFamily | typeof FAMILIES[number]) => {
    const isRandom = name in RANDOM_FAMILIES;
    const model = isRandom
      ? { ...await readGolden("gqa_untied"), ...randomFamily(name as RandomFamily) }
      : await readGolden(name as typeof FAMILIES[number]);
    const { config, layout } = model;
    return await withDir(async (dir) => {
      const path = join(dir, "model.gguf");
      await writeGguf(path, { ...model, ...wordsOf(model), type: "f32" });
      const { metadata, tensorInfos, tensorDataOffset } = await gguf(path, {
        allowLocalFile: true,
      });
      const bytes = await Deno.readFile(path);
      const values = (name: string) => {
        const info = tensorInfos.find((info) => info.name === name);
        assert(info, name);
        const begin = Number(tensorDataOffset) + Number(info.offset);
        return new Float32Array(bytes.slice(begin, begin + 4 * Number(info.shape[0])).buffer);
      };
      const back = new Float32Array(layout.length);
      await readGguf(path, { config, layout, parameters: back });
      assertEquals(back, model.parameters);
      return { metadata: new Map<string, unknown>(Object.entries(metadata)), values, model };
    });
  };
  const biases = await written("llama_biases");
  const { layout, parameters, config: { head_dim: N } } = biases.model;
  const { offset } = layout.get("model.layers.1.self_attn.k_proj.bias");
  const key = biases.values("blk.1.attn_k.bias");
  assertEquals([key[1], key[2], key[N]], [N / 2, 1, N].map((i) => parameters[offset + i]));
  assertEquals(biases.metadata.get("llama.rope.scaling.type"), "linear");
  assertEquals(biases.metadata.get("llama.rope.scaling.factor"), 4);

  const wide = await written("llama3_rope_wide");
  assertEquals(wide.values("rope_freqs.weight")[0], 1);
  assertEquals(wide.values("rope_freqs.weight").at(-1), 8);
  const qwen3 = await written("qwen3_tied");
  assertEquals(qwen3.metadata.get("general.architecture"), "qwen3");
  assertEquals(qwen3.values("blk.0.attn_k_norm.weight").length, 16);
  const smollm3 = await written("smollm3");
  assertEquals(smollm3.metadata.get("smollm3.block_count"), 5);
  const other = { ...smollm3.model.config, no_rope_layers: [1, 0, 1, 0, 1] };
  const source = { ...smollm3.model, ...wordsOf(smollm3.model), config: other };
  assertThrows(() => bytesOf({ ...source, type: "f32" }), Error, "no_rope_layers names others");
});

Deno.test("q8_0 has ggml's bytes", () => {
  // By quantize_row_q8_0_ref of ggml-quants.c: d = amax / 127 as f16, then round(x / d).
  const values = Float32Array.from({ length: 32 }, (_, i) => i === 31 ? -127 : (i - 15) / 2);
  const bytes = encodeRows(values, "q8_0");
  assertEquals(bytes.length, 34);
  assertEquals([...bytes.subarray(0, 2)], [0x00, 0x3c], "1.0 in f16");
  // C's roundf takes halves away from zero.
  assertEquals([...new Int8Array(bytes.buffer, 2, 4)], [-8, -7, -7, -6]);
  assertEquals([...new Int8Array(bytes.buffer, 30)], [7, 7, 8, -127]);
  const zeros = encodeRows(new Float32Array(32), "q8_0");
  assertEquals(zeros, new Uint8Array(34));
  const back = new Float32Array(32).fill(NaN);
  decodeRows(back, zeros, "q8_0");
  assertEquals(back, new Float32Array(32));
});

Deno.test("a GGUF file names its tokenizer's split, and whether whole words are merged", async () => {
  const golden = await readGolden("mha_tied");
  const model = { type: "BPE", vocab: { a: 0 }, merges: [] };
  const nameOf = async (split: GgufSplit, ignore_merges: boolean) => {
    const tokenizerJson = JSON.stringify({ model: { ...model, ignore_merges } });
    return await withDir(async (dir) => {
      const path = join(dir, "model.gguf");
      await writeGguf(path, { ...golden, tokenizerJson, split, type: "q8_0" });
      const { metadata } = await gguf(path, { allowLocalFile: true });
      return new Map<string, unknown>(Object.entries(metadata)).get("tokenizer.ggml.pre");
    });
  };
  // The names that src/llama-vocab.cpp of llama.cpp has for these; gguf_words_test.ts asks it.
  assertEquals(await nameOf("gpt2", false), "gpt-2");
  assertEquals(await nameOf("gpt4", false), "dbrx");
  assertEquals(await nameOf("gpt4", true), "llama-bpe");
  await assertRejects(
    () => nameOf("gpt2", true),
    Error,
    "Cannot export tokenizer.json to GGUF: llama.cpp has no tokenizer with the split of gpt2 and " +
      "ignore_merges true; export the model as onnx or safetensors",
  );
});

Deno.test("GGUF exports that cannot be right are refused", async () => {
  const golden = await readGolden("mha_tied");
  const { config, layout } = golden;
  const source = { ...golden, type: "f32" as const, ...wordsOf(golden) };
  assertThrows(
    () => bytesOf({ ...source, parameters: new Float32Array(3) }),
    TypeError,
    `the model has ${layout.length} parameters, got 3`,
  );
  assertThrows(() => bytesOf({ ...source, tokenizerJson: "{" }), SyntaxError, "it is not JSON");
  assertThrows(() => bytesOf({ ...source, tokenizerJson: "{}" }), SyntaxError, "model");
  const long = { ...config, max_position_embeddings: 2 ** 32 + 64 };
  assertThrows(() => bytesOf({ ...source, config: long }), RangeError, "4294967360 passes 32 bits");
  const vocab = { a: config.vocab_size };
  assertThrows(
    () => bytesOf({ ...source, tokenizerJson: JSON.stringify({ model: { vocab, merges: [] } }) }),
    SyntaxError,
    `its id ${config.vocab_size} is not below`,
  );
  await withDir(async (dir) => {
    const path = join(dir, "model.gguf");
    await assertRejects(() => writeGguf(path, { ...source, tokenizerJson: "{" }), SyntaxError);
    assertEquals(await Array.fromAsync(Deno.readDir(dir)), [], "nothing is left behind");
    const good = bytesOf(source);
    const into = { config, layout, parameters: new Float32Array(layout.length) };
    await Deno.writeFile(path, good.subarray(0, 200));
    await assertRejects(() => readGguf(path, into), SyntaxError, "it is truncated");
    await Deno.writeFile(path, good.with(0, 0));
    await assertRejects(() => readGguf(path, into), SyntaxError, "no GGUF file");
  });
});

/** A GGUF file of these words, whatever they say. */
function ggufOf(...parts: (["u32" | "u64", number | bigint] | string)[]): Uint8Array {
  const bytes: number[] = [...new TextEncoder().encode("GGUF"), 3, 0, 0, 0];
  for (const part of parts) {
    const [size, value] = typeof part === "string" ? ["u64", part.length] : part;
    const word = new Uint8Array(BigUint64Array.of(BigInt(value ?? 0)).buffer);
    bytes.push(...word.subarray(0, size === "u32" ? 4 : 8));
    if (typeof part === "string") bytes.push(...new TextEncoder().encode(part));
  }
  return Uint8Array.from(bytes);
}

Deno.test("readGguf refuses what claims more than the file has", async () => {
  const { config, layout } = await readGolden("mha_tied");
  const parameters = new Float32Array(layout.length);
  const huge = 2n ** 60n;
  const [none, one] = [["u64", 0], ["u64", 1]] as const;
  const attacks: [name: string, file: Uint8Array, message: string][] = [
    ["tensors", ggufOf(["u64", huge], [...none]), "tensors, more than 65536"],
    ["pairs", ggufOf([...none], ["u64", huge]), "fields, more than 65536"],
    ["a key", ggufOf([...none], [...one], ["u64", huge]), "it is truncated"],
    [
      "an array of numbers",
      ggufOf([...none], [...one], "a", ["u32", 9], ["u32", 4], ["u64", huge]),
      "values in one field, more than",
    ],
    [
      "an array of booleans",
      ggufOf([...none], [...one], "a", ["u32", 9], ["u32", 7], ["u64", huge]),
      "values in one field, more than",
    ],
    [
      "an array of texts",
      ggufOf([...none], [...one], "a", ["u32", 9], ["u32", 8], ["u64", huge], "b", ["u64", huge]),
      "values in one field, more than",
    ],
    [
      "an array of arrays",
      ggufOf([...none], [...one], "a", ["u32", 9], ["u32", 9], ["u64", huge]),
      "value type 9",
    ],
    ["dimensions", ggufOf([...one], [...none], "t", ["u32", 2 ** 32 - 1]), "dimensions of t"],
    [
      "a shape",
      ggufOf([...one], [...none], "token_embd.weight", ["u32", 2], ["u64", huge], ["u64", huge], [
        "u32",
        0,
      ], ["u64", 0]),
      "tensor token_embd.weight is [",
    ],
    // What it does not read has its name, by ggml.h.
    ...([[12, "q4_K"], [14, "q6_K"], [20, "iq4_nl"], [99, "ggml's type 99"]] as const).map((
      [type, stored],
    ): [string, Uint8Array, string] => [
      stored,
      ggufOf([...one], [...none], "t", ["u32", 1], ["u64", 256], ["u32", type], ["u64", 0]),
      `tensor t is stored as ${stored}, and only f32, `,
    ]),
    [
      "a place",
      ggufOf(
        ...[[...one], [...none], "token_embd.weight", ["u32", 2]] as ["u64", number][],
        ...[["u64", config.hidden_size], ["u64", config.vocab_size]] as ["u64", number][],
        ["u32", 0],
        ["u64", huge],
      ),
      "tensor token_embd.weight ends past the file",
    ],
  ];
  await withDir(async (dir) => {
    const path = join(dir, "model.gguf");
    for (const [name, file, message] of attacks) {
      await Deno.writeFile(path, file);
      const error = await assertRejects(() => readGguf(path, { config, layout, parameters }));
      assert(error instanceof Error && error.message.includes(message), `${name}: ${error}`);
      assert(error.message.startsWith(`Cannot read ${path}: `), error.message);
    }
  });
});
