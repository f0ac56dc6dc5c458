import { assert, assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import { parseConfig } from "../../model/config_json.ts";
import { createLayout, type Layout } from "../../model/layout.ts";

const GOLDENS = new URL("../fixtures/goldens/", import.meta.url);

async function layoutOf(model: string): Promise<Layout> {
  const source = `${model}/config.json`;
  return createLayout(parseConfig(await Deno.readTextFile(new URL(source, GOLDENS)), { source }));
}

/** Names and shapes as transformers saved them, taken from the file's header. */
async function savedShapes(model: string): Promise<Map<string, number[]>> {
  const bytes = await Deno.readFile(new URL(`${model}/model.safetensors`, GOLDENS));
  const end = 8 + new DataView(bytes.buffer).getUint32(0, true);
  const header: Record<string, { shape: number[] }> = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, end)),
  );
  delete header.__metadata__;
  return new Map(Object.entries(header).map(([name, { shape }]) => [name, shape]));
}

for (const model of ["gqa_untied", "mha_tied"]) {
  Deno.test(`createLayout has the names and shapes that transformers saves: ${model}`, async () => {
    const { parameters } = await layoutOf(model);
    const saved = await savedShapes(model);
    assertEquals(parameters.map(({ name }) => name).sort(), [...saved.keys()].sort());
    for (const { name, shape } of parameters) assertEquals(shape, saved.get(name), name);
  });

  Deno.test(`createLayout gives every parameter floats of its own: ${model}`, async () => {
    const { parameters, length, count } = await layoutOf(model);
    let end = 0;
    let floats = 0;
    for (const { name, shape, offset, size } of parameters) {
      assertGreaterOrEqual(offset, end, name);
      end = offset + size;
      floats += shape.reduce((a, b) => a * b);
    }
    assertEquals(count, floats);
    assert(length >= end && length < end + 16 && length % 16 === 0);
  });
}

Deno.test("createLayout places the tensors of gqa_untied where a hand count puts them", async () => {
  // V 61, D 48, F 104, q rows 48, k and v rows 24; each group starts at a multiple of 16 floats.
  const layout = await layoutOf("gqa_untied");
  const expected: [name: string, offset: number, size: number][] = [
    ["model.embed_tokens.weight", 0, 2928],
    ["model.layers.0.input_layernorm.weight", 2928, 48],
    ["model.layers.0.self_attn.q_proj.weight", 2976, 2304],
    ["model.layers.0.self_attn.k_proj.weight", 5280, 1152],
    ["model.layers.0.self_attn.v_proj.weight", 6432, 1152],
    ["model.layers.0.self_attn.o_proj.weight", 7584, 2304],
    ["model.layers.0.post_attention_layernorm.weight", 9888, 48],
    ["model.layers.0.mlp.gate_proj.weight", 9936, 4992],
    ["model.layers.0.mlp.up_proj.weight", 14928, 4992],
    ["model.layers.0.mlp.down_proj.weight", 19920, 4992],
    ["model.layers.1.input_layernorm.weight", 24912, 48],
    ["model.layers.1.mlp.down_proj.weight", 41904, 4992],
    ["model.norm.weight", 46896, 48],
    ["lm_head.weight", 46944, 2928],
  ];
  for (const [name, offset, size] of expected) {
    assertEquals([layout.get(name).offset, layout.get(name).size], [offset, size], name);
  }
  assertEquals(layout.length, 49872);
});

Deno.test("createLayout joins q, k, v and gate, up, and pads between groups", () => {
  // Odd dimensions, so that groups end inside a cache line.
  const layout = createLayout({
    model_type: "llama",
    attention_bias: false,
    mlp_bias: false,
    vocab_size: 7,
    hidden_size: 6,
    intermediate_size: 5,
    num_hidden_layers: 2,
    num_attention_heads: 3,
    num_key_value_heads: 1,
    head_dim: 2,
    max_position_embeddings: 8,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    rope_scaling: null,
    no_rope_layers: null,
    tie_word_embeddings: true,
    initializer_range: 0.02,
    bos_token_id: null,
    eos_token_id: null,
  });
  const follows = (name: string, after: string) => {
    const { offset, size } = layout.get(after);
    assertEquals(layout.get(name).offset, offset + size, name);
  };
  for (const at of ["model.layers.0", "model.layers.1"]) {
    follows(`${at}.self_attn.k_proj.weight`, `${at}.self_attn.q_proj.weight`);
    follows(`${at}.self_attn.v_proj.weight`, `${at}.self_attn.k_proj.weight`);
    follows(`${at}.mlp.up_proj.weight`, `${at}.mlp.gate_proj.weight`);
    for (
      const first of [
        "input_layernorm",
        "self_attn.q_proj",
        "self_attn.o_proj",
        "post_attention_layernorm",
        "mlp.gate_proj",
        "mlp.down_proj",
      ]
    ) {
      assertEquals(layout.get(`${at}.${first}.weight`).offset % 16, 0, first);
    }
  }
  assertEquals(layout.get("model.layers.1.mlp.up_proj.weight").layer, 1);
  assertEquals(layout.get("model.norm.weight").layer, -1);
  assertThrows(() => layout.get("lm_head.weight"), RangeError, "Cannot find parameter lm_head");
});
