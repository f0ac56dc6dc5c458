import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { presetConfig, type PresetName, PRESETS } from "../../model/config.ts";
import { formatConfig, parseConfig } from "../../model/config_json.ts";
import { ropeDivisors, ropeFrequencies } from "../../model/rope.ts";

const GOLDENS = new URL("../fixtures/goldens/", import.meta.url);
const source = "config.json";

/** The least that Hugging Face's LlamaConfig writes, before rope_parameters. */
const MINIMAL = {
  model_type: "llama",
  vocab_size: 61,
  hidden_size: 48,
  intermediate_size: 104,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
};

function parse(changes: Record<string, unknown> = {}) {
  return parseConfig(JSON.stringify({ ...MINIMAL, ...changes }), { source });
}

Deno.test("parseConfig reads what transformers 5 wrote", async () => {
  const text = await Deno.readTextFile(new URL("gqa_untied/config.json", GOLDENS));
  assertEquals(parseConfig(text, { source }), {
    model_type: "llama",
    attention_bias: false,
    mlp_bias: false,
    vocab_size: 61,
    hidden_size: 48,
    intermediate_size: 104,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 12,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    rope_scaling: null,
    no_rope_layers: null,
    tie_word_embeddings: false,
    initializer_range: 0.08,
    bos_token_id: 1,
    eos_token_id: 2,
  });
});

Deno.test("parseConfig knows the tied golden as tied", async () => {
  const text = await Deno.readTextFile(new URL("mha_tied/config.json", GOLDENS));
  assertEquals(parseConfig(text, { source }).tie_word_embeddings, true);
});

Deno.test("parseConfig fills in what LlamaConfig's defaults say", () => {
  const config = parse();
  assertEquals(config.num_key_value_heads, 4);
  assertEquals(config.head_dim, 12);
  assertEquals(config.rope_theta, 10000);
  assertEquals(config.tie_word_embeddings, false);
  assertEquals(config.initializer_range, 0.02);
  assertEquals(config.bos_token_id, null);
  // Written so by older releases.
  assertEquals(parse({ num_key_value_heads: null, head_dim: null }), config);
});

Deno.test("parseConfig takes rope_theta from either place and the first of several ids", () => {
  assertEquals(parse({ rope_theta: 500000 }).rope_theta, 500000);
  assertEquals(parse({ rope_parameters: { rope_theta: 5e5 } }).rope_theta, 500000);
  assertEquals(parse({ eos_token_id: [128001, 128009] }).eos_token_id, 128001);
});

Deno.test("parseConfig names the field it cannot use", () => {
  const refused: [changes: Record<string, unknown>, error: ErrorConstructor, message: string][] = [
    [
      { model_type: "gemma3", hidden_act: 5 },
      SyntaxError,
      'model_type: "gemma3" is not one of llama, mistral, qwen2, qwen3, smollm3',
    ],
    [{ hidden_act: "gelu" }, SyntaxError, "hidden_act"],
    [{ attention_bias: 1 }, SyntaxError, "attention_bias"],
    [{ partial_rotary_factor: 0.5 }, SyntaxError, "partial_rotary_factor"],
    [{ rope_scaling: { type: "yarn", factor: 2 } }, SyntaxError, "rope_scaling.rope_type"],
    [{ rope_scaling: { type: "linear" } }, SyntaxError, "rope_scaling.factor"],
    [
      { rope_parameters: { rope_theta: 1e4, rope_type: "llama3", factor: 8 } },
      SyntaxError,
      "rope_parameters.low_freq_factor",
    ],
    [{ quantization_config: { bits: 4 } }, SyntaxError, "use the model's unquantized form"],
    [
      { model_type: "smollm3", no_rope_layers: [1] },
      RangeError,
      "no_rope_layers has 1 entries, num_hidden_layers is 2",
    ],
    [{ vocab_size: 0 }, SyntaxError, "vocab_size"],
    [{ vocab_size: 1.5 }, SyntaxError, "vocab_size"],
    [{ hidden_size: "48" }, SyntaxError, "hidden_size"],
    [{ num_hidden_layers: undefined }, SyntaxError, "num_hidden_layers"],
    [{ rms_norm_eps: null }, SyntaxError, "rms_norm_eps"],
    [{ eos_token_id: -1 }, SyntaxError, "eos_token_id"],
    [{ num_key_value_heads: 3 }, RangeError, "num_attention_heads (4) must be a multiple"],
    [{ head_dim: 11 }, RangeError, "head_dim must be an even integer, got 11"],
    [{ num_attention_heads: 5 }, RangeError, "head_dim must be an even integer, got 9.6"],
  ];
  for (const [changes, type, message] of refused) {
    const error = assertThrows(() => parse(changes), type, message);
    assertStringIncludes(error.message, source);
  }
  assertThrows(() => parseConfig("{", { source }), SyntaxError, "it is not JSON");
  assertThrows(() => parseConfig("null", { source }), SyntaxError, "the document");
});

Deno.test("formatConfig and parseConfig are inverse for every preset", () => {
  for (const name of Object.keys(PRESETS) as PresetName[]) {
    const config = presetConfig(name, { vocabSize: 4096, endOfTextId: 0 });
    assertEquals(parseConfig(formatConfig(config), { source }), config);
  }
});

Deno.test("parseConfig takes each family's fields and what its class leaves out", () => {
  const llama3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
  const rope_scaling = {
    ...llama3,
    rope_type: "llama3" as const,
    original_max_position_embeddings: 8192,
  };
  assertEquals(parse({ rope_scaling, rope_theta: 5e5 }).rope_scaling, rope_scaling);
  assertEquals(parse({ rope_parameters: { ...rope_scaling, rope_theta: 5e5 } }).rope_theta, 5e5);
  const linear = { rope_type: "linear" as const, factor: 2 };
  assertEquals(parse({ rope_scaling: { type: "linear", factor: 2 } }).rope_scaling, linear);
  const both = parse({ attention_bias: true, mlp_bias: true });
  assertEquals([both.attention_bias, both.mlp_bias], [true, true]);

  const qwen2 = parse({ model_type: "qwen2", sliding_window: 32, num_key_value_heads: 2 });
  // Its biases are no field, and its window is off unless it says otherwise.
  assertEquals([qwen2.attention_bias, qwen2.max_position_embeddings], [true, 64]);
  const windowed = { sliding_window: 32, num_key_value_heads: 2 };
  const on = parse({ model_type: "qwen2", ...windowed, use_sliding_window: true });
  assertEquals(on.max_position_embeddings, 32);
  assertEquals(parse({ model_type: "mistral", ...windowed }).max_position_embeddings, 32);
  assertEquals(parse({ ...windowed }).max_position_embeddings, 64);
  assertEquals(parse({ model_type: "qwen3", num_key_value_heads: 2 }).head_dim, 128);

  const five = { model_type: "smollm3", num_hidden_layers: 5, num_key_value_heads: 2 };
  const smollm3 = parse(five);
  assertEquals(smollm3.no_rope_layers, [1, 1, 1, 0, 1]);
  assertEquals([smollm3.tie_word_embeddings, smollm3.rope_theta], [true, 2_000_000]);
  assertEquals(parse({ ...five, no_rope_layer_interval: 2 }).no_rope_layers, [1, 0, 1, 0, 1]);
  for (const config of [both, qwen2, on, smollm3, parse({ rope_scaling })]) {
    assertEquals(parseConfig(formatConfig(config), { source }), config);
  }
});

Deno.test("llama3's frequencies are those of either form of config.json", async () => {
  const [text, hub] = await Promise.all(
    ["config.json", "config_hub.json"].map((name) =>
      Deno.readTextFile(new URL(`llama3_rope_wide/${name}`, GOLDENS))
    ),
  );
  const config = parseConfig(text ?? "", { source });
  assertEquals(parseConfig(hub ?? "", { source }), config);
  const divisors = ropeDivisors(config);
  // Kept, blended and divided frequencies all occur.
  assertEquals([divisors[0], divisors.at(-1)], [1, 8]);
  assertEquals(divisors.some((divisor) => divisor > 1 && divisor < 8), true);
  const plain = ropeFrequencies({ ...config, rope_scaling: null });
  assertEquals(ropeFrequencies(config).at(-1), Math.fround((plain.at(-1) ?? NaN) / 8));
});

Deno.test("formatConfig says which class loads the model", () => {
  const json = JSON.parse(formatConfig(presetConfig("tiny", { vocabSize: 512, endOfTextId: 0 })));
  assertEquals(json.architectures, ["LlamaForCausalLM"]);
  assertEquals(json.model_type, "llama");
  assertEquals(json.torch_dtype, "float32");
});

Deno.test("presets divide their rows among twelve leaves and have even head sizes", () => {
  for (const name of Object.keys(PRESETS) as PresetName[]) {
    const { head_dim, num_attention_heads, hidden_size } = presetConfig(name, {
      vocabSize: 4096,
      endOfTextId: 0,
    });
    assertEquals(PRESETS[name].rows % 12, 0);
    assertEquals(head_dim * num_attention_heads, hidden_size);
    assertEquals(head_dim % 2, 0);
  }
});

Deno.test("parseConfig refuses numbers that 32 bits do not hold, and layers past any model's", () => {
  for (
    const [name, value] of [
      ["vocab_size", 2 ** 31],
      ["hidden_size", 2 ** 32 + 48],
      ["max_position_embeddings", 2 ** 40],
      ["eos_token_id", 2 ** 31],
      ["bos_token_id", [2 ** 32]],
      ["num_hidden_layers", 4097],
      ["num_hidden_layers", 1e9],
    ] as const
  ) {
    assertThrows(() => parse({ [name]: value }), SyntaxError, `Cannot use config.json: ${name}`);
  }
  assertEquals(parse({ max_position_embeddings: 2 ** 31 - 1 }).max_position_embeddings, 2147483647);
  assertEquals(parse({ num_hidden_layers: 4096 }).num_hidden_layers, 4096);
});
