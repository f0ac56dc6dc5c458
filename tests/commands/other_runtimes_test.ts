/**
 * Exported files in the runtimes they are for, where runtimes.ts finds these. CLLM_RUN names a
 * finished run to export from; without it a small model is trained.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { EXPORT_FORMATS } from "../../run/export/format.ts";
import { openModel } from "../../run/model_source.ts";
import { generate, Scheduler } from "../../engine/mod.ts";
import { prose, writeCorpus } from "./corpus.ts";
import { openFolder, run } from "./program.ts";
import { answersOf, linkRuntimes, RUNTIMES } from "./runtimes.ts";
import { type Path, sameChoices, type Seen, seenBy } from "./same_choices.ts";

/** A run of the sample corpus, say. */
const RUN = Deno.env.get("CLLM_RUN");
const TOKENS = 50;

/** Each prints, as JSON, what the model of argument 1 adds to each of the texts of argument 2. */
const TRANSFORMERS_JS = `
import { AutoModelForCausalLM, AutoTokenizer, env } from "@huggingface/transformers";
import { basename, dirname } from "node:path";
const [, , folder, texts, tokens, dtype] = process.argv;
env.allowRemoteModels = false;
env.localModelPath = dirname(folder);
const tokenizer = await AutoTokenizer.from_pretrained(basename(folder));
const model = await AutoModelForCausalLM.from_pretrained(basename(folder), { dtype });
const answers = [];
for (const text of JSON.parse(texts)) {
  const inputs = tokenizer(text);
  const output = await model.generate({ ...inputs, max_new_tokens: +tokens, do_sample: false });
  const ids = output.tolist()[0].slice(inputs.input_ids.dims[1]);
  answers.push(tokenizer.decode(ids, { skip_special_tokens: true }));
}
console.log(JSON.stringify(answers));
`;
const LLAMA_CPP = `
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
const [, , modelPath, texts, tokens] = process.argv;
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: 256, threads: 1 });
const answers = [];
for (const text of JSON.parse(texts)) {
  const sequence = context.getSequence();
  const ids = [];
  for await (const id of sequence.evaluate(model.tokenize(text), { temperature: 0 })) {
    if (id === model.tokens.eos || ids.push(id) === +tokens) break;
  }
  answers.push(model.detokenize(ids));
  sequence.dispose();
}
process.stdout.write(JSON.stringify(answers) + "\\n", () => process.exit(0));
`;

/** Prints what llama.cpp sees along the paths of argument 2, in a context of the settings of 3. */
const LLAMA_CPP_LOGITS = `
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
const [, , modelPath, paths, settings] = process.argv;
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  contextSize: 256,
  threads: 1,
  ...JSON.parse(settings),
});
const sequence = context.getSequence();
const generateNext = { token: true, logits: true, options: { temperature: 0 } };
const seen = [];
for (const { text, ids } of JSON.parse(paths)) {
  // llama.cpp's own programs begin so where the file tells them to.
  const begin = model.tokens.shouldPrependBosToken ? [model.tokens.bos] : [];
  const promptIds = [...begin, ...model.tokenize(text)];
  const logits = [], choices = [];
  await sequence.clearHistory();
  // The prompt at once and then a token at a time, as when it chooses them itself.
  for (const input of [promptIds, ...ids.map((id) => [id])]) {
    const last = input.length - 1;
    const outputs = await sequence.controlledEvaluate(
      input.map((id, i) => i < last ? id : [id, { generateNext }]),
    );
    const { next } = outputs[last];
    choices.push(next.token);
    const row = [];
    for (const [id, logit] of next.logits) row[id] = logit;
    logits.push(row);
  }
  seen.push({ promptIds, answer: model.detokenize(ids), logits, choices });
}
process.stdout.write(JSON.stringify(seen) + "\\n", () => process.exit(0));
`;

/** llama.cpp caches keys and values as f16 otherwise, and its flash attention casts f32 to it. */
const F32_ATTENTION = {
  flashAttention: false,
  experimentalKvCacheKeyType: "F32",
  experimentalKvCacheValueType: "F32",
};
/**
 * Five times the largest of the differences between logits that came of three models: 2.1e-5, of
 * logits up to 17. As much is allowed between our own engines.
 */
const F32_BOUND = 1e-4;
/** At no more than a tenth of a text's places may a near tie excuse another choice. */
const DECIDED = 0.9;
/** Three times the largest with attention in f16, 1.6e-2. */
const F16_ATTENTION_BOUND = 0.05;

Deno.test({
  name: "transformers.js and llama.cpp continue texts as generate does",
  ignore: RUNTIMES === undefined,
  async fn() {
    await using folder = await openFolder();
    const runDir = RUN ?? join(folder.path, "run");
    if (RUN === undefined) {
      const corpus = join(folder.path, "corpus");
      await writeCorpus(corpus, { count: 24 });
      const flags = ["--steps", "60", "--vocab", "400", corpus];
      const trained = await run(["pipeline", "--run", runDir, ...flags]);
      assertEquals([trained.code, trained.err], [0, ""], trained.out);
    }
    for (const format of Object.keys(EXPORT_FORMATS)) {
      const { code, out, err } = await run(["export", "--run", runDir, "--format", format]);
      assertEquals([code, err], [0, ""], out);
    }
    const exported = join(runDir, "export");
    // Spaces, contractions, digits and letters outside of ASCII try the tokenizers.
    const texts = [
      ...["Address 3: the people", "It's  1789, they'll say:\n\n", "Ça va — déjà 12 voix."],
      ...[prose(50, { words: 20 }), prose(51, { words: 30 })],
    ];
    const { engine, codec } = await openModel({ run: runDir, engine: "onnx" });
    await using _engine = engine;
    const expected: string[] = [];
    const paths: (Path & { readonly text: string })[] = [];
    for (const text of texts) {
      const scheduler = new Scheduler(engine);
      const promptIds = [...codec.encode(text)];
      let answer = "";
      const ids: number[] = [];
      const sampling = { temperature: 0, seed: 0, topLogprobs: 0 };
      for await (
        const piece of generate({ scheduler, codec, promptIds, maxTokens: TOKENS, ...sampling })
      ) {
        answer += piece.text;
        ids.push(...piece.scored.map(({ id }) => id));
      }
      expected.push(answer);
      paths.push({ text, promptIds, ids });
    }
    assert(new Set(expected).size > 2, "texts that differ show more");
    await linkRuntimes(folder.path);
    const rest = [JSON.stringify(texts), `${TOKENS}`];
    const transformersJs = (dtype: string) =>
      answersOf(TRANSFORMERS_JS, { folder: folder.path, args: [exported, ...rest, dtype] });
    const llamaCpp = (file: string) =>
      answersOf(LLAMA_CPP, { folder: folder.path, args: [join(exported, file), ...rest] });
    assertEquals(await transformersJs("fp32"), expected);

    const kernels = await openModel({ run: runDir, engine: "wasm" });
    await using _kernels = kernels.engine;
    const ours: Seen[] = [];
    for (const path of paths) ours.push(await seenBy(kernels.engine, path));
    type Told = Seen & { readonly promptIds: number[]; readonly answer: string };
    const llamaCppSees = (file: string, settings: object) =>
      answersOf<Told>(LLAMA_CPP_LOGITS, {
        folder: folder.path,
        args: [join(exported, file), JSON.stringify(paths), JSON.stringify(settings)],
      });
    const compare = (seen: Told[], bound: number) =>
      paths.map((path, i) => {
        const [their, our, name] = [seen[i], ours[i], `text ${i}`];
        assert(their !== undefined && our !== undefined, name);
        assertEquals([their.promptIds, their.answer], [path.promptIds, expected[i]], name);
        return sameChoices(their, our, { bound, name });
      });
    const f32 = compare(await llamaCppSees("model-f32.gguf", F32_ATTENTION), F32_BOUND);
    console.log("llama.cpp in f32, bound", F32_BOUND, f32);
    for (const [i, { decided }] of f32.entries()) {
      const places = ours[i]?.logits.length ?? 0;
      assert(decided >= DECIDED * places, `text ${i}: ${decided} of ${places} places decided`);
    }
    const usual = compare(await llamaCppSees("model-f32.gguf", {}), F16_ATTENTION_BOUND);
    console.log(
      "llama.cpp as it comes",
      usual.map(({ decided, largest }) => ({ decided, largest })),
    );
    // A file with other frequencies shows that the bounds would notice.
    await scaleReal(join(exported, "model-f32.gguf"), {
      key: "llama.rope.freq_base",
      factor: 1.01,
      to: join(exported, "wrong.gguf"),
    });
    const wrong = await llamaCppSees("wrong.gguf", F32_ATTENTION);
    assertThrows(() => compare(wrong, F32_BOUND), Error, "apart");
    // Rounded weights may choose otherwise somewhere; that they load and run is what is asked here.
    const [q8, f16, q8_0] = [
      await transformersJs("q8"),
      await llamaCpp("model-f16.gguf"),
      await llamaCpp("model-q8_0.gguf"),
    ];
    for (const answers of [q8, f16, q8_0]) {
      assertEquals(answers.length, texts.length);
      assert(answers.some((answer, i) => answer === expected[i]), JSON.stringify(answers));
    }
  },
});

/** Copies a GGUF file with the float32 value of `key` multiplied. */
async function scaleReal(
  path: string,
  { key, factor, to }: { key: string; factor: number; to: string },
): Promise<void> {
  const bytes = await Deno.readFile(path);
  // A byte is a character here, so that places are offsets. After the key: type 6 and the value.
  const begin = new TextDecoder("latin1").decode(bytes.subarray(0, 4096));
  assert(begin.includes(key), `${path} begins without ${key}`);
  const at = begin.indexOf(key) + key.length;
  const view = new DataView(bytes.buffer);
  assertEquals(view.getUint32(at, true), 6, key);
  view.setFloat32(at + 4, view.getFloat32(at + 4, true) * factor, true);
  await Deno.writeFile(to, bytes);
}
