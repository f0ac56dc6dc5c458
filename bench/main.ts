/**
 * `deno task bench NAME [flags]`: one file a question.
 *
 * @module
 */
const QUESTIONS: Record<string, () => Promise<{ run(args: string[]): Promise<void> }>> = {
  checkpoint: () => import("./checkpoint.ts"),
  crawl: () => import("./crawl.ts"),
  extract: () => import("./extract.ts"),
  gemm: () => import("./gemm.ts"),
  jax: () => import("./jax.ts"),
  kernels: () => import("./kernels.ts"),
  load: () => import("./load.ts"),
  report: () => import("./report.ts"),
  quality: () => import("./quality.ts"),
  refusal: () => import("./refusal.ts"),
  sampling: () => import("./sampling.ts"),
  serve: () => import("./serve.ts"),
  tokens: () => import("./tokens.ts"),
  tokenizer: () => import("./tokenizer.ts"),
  train: () => import("./train.ts"),
};

const [name = "", ...args] = Deno.args;
const question = QUESTIONS[name];
if (!question) {
  console.error(`Cannot run bench "${name}": choose one of ${Object.keys(QUESTIONS).join(", ")}`);
  Deno.exit(2);
}
await (await question()).run(args);
