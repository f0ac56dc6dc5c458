/**
 * Exported files in the runtimes they are for, where runtimes.ts finds these. CLLM_RUN names a
 * finished run to export from; without it a small model is trained.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { EXPORT_FORMATS } from "../../commands/export_format.ts";
import { openModel } from "../../commands/model_source.ts";
import { generate, Scheduler } from "../../serve/mod.ts";
import { prose, writeCorpus } from "./corpus.ts";
import { openFolder, run } from "./program.ts";
import { answersOf, linkRuntimes, RUNTIMES } from "./runtimes.ts";

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
console.log(JSON.stringify(answers));
process.exit(0);
`;

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
    for (const text of texts) {
      const scheduler = new Scheduler(engine);
      const promptIds = codec.encode(text);
      let answer = "";
      const options = { scheduler, codec, promptIds, maxTokens: TOKENS, temperature: 0, seed: 0 };
      for await (const piece of generate(options)) answer += piece.text;
      expected.push(answer);
    }
    assert(new Set(expected).size > 2, "texts that differ show more");
    await linkRuntimes(folder.path);
    const rest = [JSON.stringify(texts), `${TOKENS}`];
    const transformersJs = (dtype: string) =>
      answersOf(TRANSFORMERS_JS, { folder: folder.path, args: [exported, ...rest, dtype] });
    const llamaCpp = (file: string) =>
      answersOf(LLAMA_CPP, { folder: folder.path, args: [join(exported, file), ...rest] });
    assertEquals(await transformersJs("fp32"), expected);
    assertEquals(await llamaCpp("model-f32.gguf"), expected);
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
