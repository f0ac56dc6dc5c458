/**
 * Hugging Face's own tokenizers (the npm package of their Rust library), run in a process of its own
 * that is handed a job and prints what it took as JSON.
 *
 * @module
 */

/** Loaded when it is asked for: no other command needs these 65 MB. */
const PACKAGE = "npm:tokenizers@0.23.2";

/** The one size of vocabulary that the package's trainer offers. */
export const PACKAGE_VOCAB = 30_000;

/** Trains on the text's own alphabet. */
export interface TrainJob {
  readonly kind: "train";
  /** Each line of a file is a text. */
  readonly files: readonly string[];
  /** Where tokenizer.json goes. */
  readonly output: string;
  readonly vocab: number;
}

/** Encodes every file, one after another. */
export interface EncodeJob {
  readonly kind: "encode";
  readonly files: readonly string[];
  /** tokenizer.json to use. */
  readonly tokenizer: string;
  readonly rounds: number;
}

/** What a job took. */
export interface JobReport {
  /** Of the training, or of each round. */
  readonly seconds: readonly number[];
  /** Resident once all was loaded, before the job. */
  readonly idleMiB: number;
  readonly peakMiB: number;
  /** Ids of all files together, or the size of the vocabulary. */
  readonly tokens: number;
}

/** Does a job of Hugging Face's in a new process; what is trained has {@linkcode PACKAGE_VOCAB}. */
export async function runHuggingFace(job: TrainJob | EncodeJob): Promise<JobReport> {
  const script = new URL(import.meta.url).pathname;
  return await runJob(script, job, ["--no-config", "--no-lock", "--node-modules-dir=none"]);
}

/** Runs `script` with a job as its argument in a new process; it prints a report. */
export async function runJob(
  script: string,
  job: unknown,
  flags: readonly string[] = [],
): Promise<JobReport> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    // Only a process with all permissions may read its peak from /proc.
    args: ["run", "--quiet", "--allow-all", ...flags, script, JSON.stringify(job)],
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`Cannot run ${script}: it ended with ${code}`);
  return lastLine(stdout);
}

/** Trains with Hugging Face's Python package, which takes any size of vocabulary. */
export async function trainByPython(python: string, job: TrainJob): Promise<JobReport> {
  const script = new URL("compare/hf_tokenizers.py", import.meta.url).pathname;
  const args = [script, JSON.stringify(job)];
  const { code, stdout } = await new Deno.Command(python, { args, stderr: "inherit" }).output();
  if (code !== 0) throw new Error(`Cannot run ${script} with ${python}: it ended with ${code}`);
  return lastLine(stdout);
}

function lastLine(stdout: Uint8Array): JobReport {
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1) as string);
}

/** Most memory that this process has been resident in so far (proc(5), VmHWM). */
export function peakMiB(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

interface HuggingFace {
  Tokenizer: {
    new (model: unknown): HuggingFaceTokenizer;
    fromFile(path: string): HuggingFaceTokenizer;
  };
  BPE: { empty(): unknown };
  byteLevelPreTokenizer(addPrefixSpace: boolean, useRegex: boolean): unknown;
}

interface HuggingFaceTokenizer {
  setPreTokenizer(preTokenizer: unknown): void;
  train(files: readonly string[]): void;
  save(path: string, pretty: boolean): void;
  getVocabSize(): number;
  encode(text: string): Promise<{ getIds(): number[] }>;
}

async function doJob(job: TrainJob | EncodeJob): Promise<JobReport> {
  const { Tokenizer, BPE, byteLevelPreTokenizer }: HuggingFace = await import(PACKAGE);
  const seconds: number[] = [];
  const idleMiB = peakMiB();
  let tokens = 0;
  if (job.kind === "train") {
    const tokenizer = new Tokenizer(BPE.empty());
    tokenizer.setPreTokenizer(byteLevelPreTokenizer(false, true));
    const start = performance.now();
    tokenizer.train(job.files);
    seconds.push((performance.now() - start) / 1000);
    tokenizer.save(job.output, false);
    tokens = tokenizer.getVocabSize();
  } else {
    const tokenizer = Tokenizer.fromFile(job.tokenizer);
    const texts = job.files.map((file) => Deno.readTextFileSync(file));
    for (let round = 0; round <= job.rounds; round++) {
      tokens = 0;
      const start = performance.now();
      for (const text of texts) tokens += (await tokenizer.encode(text)).getIds().length;
      // The first round warms up.
      if (round > 0) seconds.push((performance.now() - start) / 1000);
    }
  }
  return { seconds, idleMiB, peakMiB: peakMiB(), tokens };
}

if (import.meta.main) console.log(JSON.stringify(await doJob(JSON.parse(Deno.args[0] as string))));
