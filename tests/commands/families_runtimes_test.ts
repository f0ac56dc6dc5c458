/** Each family of models in transformers.js and llama.cpp, where runtimes.ts finds these. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { openWasmEngine } from "../../engine/mod.ts";
import { formatConfig } from "../../model/config_json.ts";
import { writeGguf } from "../../model/gguf/mod.ts";
import { exportOnnx } from "../../model/onnx/mod.ts";
import { FAMILIES, GOLDENS, readGolden } from "../engine/golden.ts";
import { RANDOM_FAMILIES, type RandomFamily, randomFamily } from "../model/families.ts";
import { openFolder } from "./program.ts";
import { answersOf, linkRuntimes, RUNTIMES } from "./runtimes.ts";
import { sameChoices, type Seen, seenBy } from "./same_choices.ts";

const TOKENS = 24;
const PROMPT = [17, 4, 30, 8, 9, 21, 5];

/** Prints what each model of argument 1 adds to the ids of argument 2. */
const TRANSFORMERS_JS = `
import { AutoModelForCausalLM, env, Tensor } from "@huggingface/transformers";
import { basename, dirname } from "node:path";
const [, , folders, prompt, tokens] = process.argv;
env.allowRemoteModels = false;
const answers = [];
for (const folder of JSON.parse(folders)) {
  env.localModelPath = dirname(folder);
  const model = await AutoModelForCausalLM.from_pretrained(basename(folder), { dtype: "fp32" });
  const ids = BigInt64Array.from(JSON.parse(prompt), BigInt);
  const input_ids = new Tensor("int64", ids, [1, ids.length]);
  const attention_mask = new Tensor("int64", ids.map(() => 1n), [1, ids.length]);
  const options = { input_ids, attention_mask, max_new_tokens: +tokens, do_sample: false };
  const output = await model.generate({ ...options, eos_token_id: 999 });
  answers.push(output.tolist()[0].slice(ids.length).map(Number));
}
console.log(JSON.stringify(answers));
`;

/** Prints what llama.cpp sees along the path that follows each of the files of argument 1. */
const LLAMA_CPP = `
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
const [, , files, prompt, paths] = process.argv;
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const generateNext = { token: true, logits: true, options: { temperature: 0 } };
const seen = [];
for (const [i, modelPath] of JSON.parse(files).entries()) {
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({
    contextSize: 64,
    threads: 1,
    flashAttention: false,
    experimentalKvCacheKeyType: "F32",
    experimentalKvCacheValueType: "F32",
  });
  const sequence = context.getSequence();
  const logits = [], choices = [];
  for (const input of [JSON.parse(prompt), ...JSON.parse(paths)[i].map((id) => [id])]) {
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
  seen.push({ logits, choices });
  await context.dispose();
  await model.dispose();
}
process.stdout.write(JSON.stringify(seen) + "\\n", () => process.exit(0));
`;

/** A tokenizer for llama.cpp, which wants one; the texts of tokens do not matter here. */
function tokenizerOf(vocabSize: number): string {
  const vocab = Object.fromEntries(Array.from({ length: vocabSize }, (_, i) => [`t${i}`, i]));
  return JSON.stringify({ model: { type: "BPE", vocab, merges: [] } });
}

Deno.test({
  name: "transformers.js and llama.cpp run every family as our engine does",
  ignore: RUNTIMES === undefined,
  async fn() {
    await using folder = await openFolder();
    const names: string[] = [];
    const ours: Seen[] = [];
    for (const name of [...GOLDENS, ...FAMILIES, ...Object.keys(RANDOM_FAMILIES)]) {
      const isRandom = Object.hasOwn(RANDOM_FAMILIES, name);
      const model = isRandom
        ? randomFamily(name as RandomFamily)
        : await readGolden(name as typeof FAMILIES[number]);
      const { config, parameters } = model;
      const dir = join(folder.path, name);
      await Deno.mkdir(join(dir, "onnx"), { recursive: true });
      await Deno.writeTextFile(join(dir, "config.json"), formatConfig(config));
      await Deno.writeFile(join(dir, "onnx", "model.onnx"), exportOnnx(model));
      const tokenizerJson = tokenizerOf(config.vocab_size);
      const path = join(dir, "model.gguf");
      await writeGguf(path, { ...model, tokenizerJson, split: "gpt2", type: "f32" });
      await using engine = await openWasmEngine({ config, parameters, cacheBytes: 1 << 20 });
      const ids: number[] = [];
      while (ids.length < TOKENS) {
        ids.push((await seenBy(engine, { promptIds: PROMPT, ids })).choices.at(-1) ?? NaN);
      }
      ours.push(await seenBy(engine, { promptIds: PROMPT, ids }));
      names.push(name);
    }
    await linkRuntimes(folder.path);
    const within = (file: string) => JSON.stringify(names.map((n) => join(folder.path, n, file)));
    const answers = await answersOf<number[]>(TRANSFORMERS_JS, {
      folder: folder.path,
      args: [within(""), JSON.stringify(PROMPT), `${TOKENS}`],
    });
    const chosen = ours.map(({ choices }) => choices.slice(0, TOKENS));
    for (const [i, name] of names.entries()) assertEquals(answers[i], chosen[i], name);
    const seen = await answersOf<Seen>(LLAMA_CPP, {
      folder: folder.path,
      args: [within("model.gguf"), JSON.stringify(PROMPT), JSON.stringify(chosen)],
    });
    for (const [i, name] of names.entries()) {
      const { decided, largest } = sameChoices(seen[i] as Seen, ours[i] as Seen, {
        bound: 1e-4,
        name,
      });
      console.log(name, { decided, largest });
    }
  },
});
