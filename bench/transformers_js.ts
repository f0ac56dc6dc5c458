/**
 * transformers.js in Node, with the runtime it chooses there, on a model folder of ours. It is
 * installed for the time of the measurement only: it is large, and nothing else needs it.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";

const PACKAGE = "@huggingface/transformers@4.3.1";

const SCRIPT = `
import { AutoModelForCausalLM, env, Tensor } from "@huggingface/transformers";
const [, , root, name, tokens, rounds, length] = process.argv;
env.allowRemoteModels = false;
env.localModelPath = root;
const model = await AutoModelForCausalLM.from_pretrained(name, { dtype: "fp32" });
const ids = (n) => new Tensor("int64", BigInt64Array.from({ length: n }, (_, i) => BigInt(i * 7 % 500)), [1, n]);
const mask = (n) => new Tensor("int64", new BigInt64Array(n).fill(1n), [1, n]);
const run = async (prompt, count) => {
  const start = performance.now();
  const output = await model.generate({
    inputs: ids(prompt), attention_mask: mask(prompt), max_new_tokens: count, min_new_tokens: count, do_sample: false,
  });
  if (output.dims[1] !== prompt + count) throw new Error("generated " + output.dims);
  return performance.now() - start;
};
await run(16, 10);
const perToken = [], first = [];
for (let round = 0; round < +rounds; round++) {
  const one = await run(16, 1);
  perToken.push((await run(16, +tokens + 1) - one) / +tokens);
  first.push(await run(+length, 1));
}
console.log(JSON.stringify({ perToken, first }));
process.exit(0);
`;

/** Milliseconds, one figure a round. */
export interface TransformersTimes {
  readonly perToken: number[];
  /** Of a prompt's first token. */
  readonly first: number[];
}

/** Measures, or tells why that was not possible. */
export async function measureTransformers(
  folder: string,
  { scratch, tokens, rounds, promptLength }: {
    /** Where to install. */
    scratch: string;
    tokens: number;
    rounds: number;
    promptLength: number;
  },
): Promise<TransformersTimes | { readonly skipped: string }> {
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", "."];
  const installed = await run("npm", { cwd: scratch, args: [...install, PACKAGE] });
  if (installed.code !== 0) return { skipped: `npm install ended with ${installed.code}` };
  await Deno.writeTextFile(join(scratch, "script.mjs"), SCRIPT);
  const path = resolve(folder);
  const { code, out, err } = await run("node", {
    cwd: scratch,
    args: [
      "script.mjs",
      dirname(path),
      basename(path),
      ...[tokens, rounds, promptLength].map(String),
    ],
  });
  if (code !== 0) return { skipped: err.trim().split("\n").at(-1) ?? "" };
  return JSON.parse(out.trim().split("\n").at(-1) ?? "");
}

async function run(command: string, { cwd, args }: { cwd: string; args: string[] }) {
  try {
    const { code, stdout, stderr } = await new Deno.Command(command, { cwd, args }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { code: 127, out: "", err: `there is no ${command}` };
  }
}
