/**
 * `deno task bench NAME [flags]`: one file a question.
 *
 * @module
 */
import { UsageError } from "../cli/flags.ts";
import { didYouMean } from "../cli/nearest.ts";
import { describeQuestion, describeQuestions } from "./help.ts";

const QUESTIONS: Record<string, () => Promise<{ run(args: string[]): Promise<void> }>> = {
  checkpoint: () => import("./checkpoint.ts"),
  cluster: () => import("./cluster.ts"),
  compare: () => import("./compare.ts"),
  crawl: () => import("./crawl.ts"),
  extract: () => import("./extract.ts"),
  gemm: () => import("./gemm.ts"),
  jax: () => import("./jax.ts"),
  kernels: () => import("./kernels.ts"),
  load: () => import("./load.ts"),
  peak: () => import("./peak.ts"),
  report: () => import("./report.ts"),
  quality: () => import("./quality.ts"),
  refusal: () => import("./refusal.ts"),
  sampling: () => import("./sampling.ts"),
  serve: () => import("./serve.ts"),
  start: () => import("./start.ts"),
  text: () => import("./text.ts"),
  tokens: () => import("./tokens.ts"),
  tokenizer: () => import("./tokenizer.ts"),
  train: () => import("./train.ts"),
  tune: () => import("./tune.ts"),
};

const [name = "", ...args] = Deno.args;
const names = Object.keys(QUESTIONS);
const isHelp = (word: string) => word === "--help" || word === "-h";
if (name === "" || isHelp(name)) {
  console.log(await describeQuestions(names));
  Deno.exit(name === "" ? 2 : 0);
}
const question = Object.hasOwn(QUESTIONS, name) ? QUESTIONS[name] : undefined;
if (!question) {
  const meant = didYouMean(name, names) || `; choose one of ${names.join(", ")}`;
  console.error(`error: Cannot run bench ${name}: there is no such question${meant}`);
  Deno.exit(2);
}
if (args.some(isHelp)) {
  console.log(await describeQuestion(name));
  Deno.exit(0);
}
try {
  await (await question()).run(args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`error: ${error.message}`);
  Deno.exit(2);
}
