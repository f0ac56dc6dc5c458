/**
 * llama.cpp under Node: `node llama_cpp.mjs FOLDER MODEL.gguf THREADS`, where FOLDER has
 * node-llama-cpp in its node_modules. Takes a job a line, `{"sequences", "prompt", "steps"}`, and
 * answers with milliseconds of the prompts together, and of each step after them. Tokens are given,
 * not chosen, and passes are the library's own calls: what Node's side adds is not counted.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const SEQUENCES = 16, CONTEXT = 512, BATCH = 512, WARM = 2;
const [, , folder, modelPath, threads] = process.argv;
const at = resolve(folder, "node_modules/node-llama-cpp");
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(`${at}/dist/index.js`).href);
const { version } = JSON.parse(readFileSync(`${at}/package.json`, "utf8"));
const llama = await getLlama({
  gpu: false,
  build: "never",
  logLevel: LlamaLogLevel.error,
  maxThreads: +threads,
});
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  sequences: SEQUENCES,
  contextSize: CONTEXT,
  batchSize: BATCH,
  threads: +threads,
});
const passes = context._ctx;
passes.setThreads(+threads);

/** One pass: the same tokens appended to each of `count` sequences, whose logits are computed. */
async function pass(count, position, tokensOf) {
  const each = tokensOf(0).length;
  passes.initBatch(count * each);
  for (let i = 0; i < count; i++) {
    passes.addToBatch(i, position, tokensOf(i), Uint32Array.of(each - 1));
  }
  await passes.decodeBatch();
}

const text = (length, seed) => Uint32Array.from({ length }, (_, i) => (seed * 389 + i * 7) % 512);

console.log(JSON.stringify({ version, threads: passes.getThreads(), system: llama.systemInfo }));
for await (const line of createInterface({ input: process.stdin })) {
  const { sequences, prompt, steps } = JSON.parse(line);
  const start = performance.now();
  await pass(sequences, 0, (i) => text(prompt, i + 1));
  const promptMs = performance.now() - start;
  let stepsBegun = performance.now();
  for (let step = 0; step < WARM + steps; step++) {
    if (step === WARM) stepsBegun = performance.now();
    await pass(sequences, prompt + step, (i) => text(1, step + i));
  }
  const stepMs = steps === 0 ? 0 : (performance.now() - stepsBegun) / steps;
  for (let i = 0; i < sequences; i++) passes.disposeSequence(i);
  console.log(JSON.stringify({ promptMs, stepMs }));
}
process.exit(0);
