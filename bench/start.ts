/**
 * How long does it take from a command to its first useful line? Beside `deno run` of an empty file,
 * by turns.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { saveCheckpoint } from "../model/checkpoint/mod.ts";
import { presetConfig } from "../model/config.ts";
import { initParameters } from "../model/init.ts";
import { createLayout } from "../model/layout.ts";
import { formatTokenizer, trainTokenizer } from "../tokenizer/mod.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { median } from "./median.ts";

const ROUNDS = 7;
const PROMPT = "The people";
const VOCABULARY = 4096;

/** A command, and what shows that it has begun to be of use. */
interface Start {
  readonly command: readonly [string, ...string[]];
  /** Whether this output is enough; its end is, where this is not given. */
  isUseful?(output: string): boolean;
  /** Resolves when something else shows it. */
  readonly seen?: Promise<void>;
}

/**
 * Runs `bench start [--rounds N] [--json]`: `main.ts --help`, then as tasks `generate --help`,
 * `generate` (to its first token), `serve` (to the line with its address) and `pipeline` (to the
 * request of the first page of a site on loopback); milliseconds, medians of N rounds after one that
 * fills caches, and how many times an empty program's.
 */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs({ args, options: { rounds: TEXT, json: SWITCH } }).values;
  const rounds = Number(flags.rounds ?? ROUNDS);
  await Deno.mkdir("runs", { recursive: true });
  const dir = await Deno.makeTempDir({ dir: "runs", prefix: "bench-" });
  const times: Record<string, number[]> = {};
  try {
    const model = join(dir, "model");
    await writeModel(model);
    await Deno.writeTextFile(join(dir, "empty.ts"), "");
    for (let round = 0; round <= rounds; round++) {
      using site = serveSite();
      for (const [name, start] of Object.entries(startsOf({ dir, model, site, round }))) {
        const ms = await timeOf(start);
        if (round > 0) (times[name] ??= []).push(ms);
      }
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  const empty = median(times.empty ?? []);
  const result = Object.fromEntries(
    Object.entries(times).map(([name, figures]) => [
      name,
      { ms: Math.round(median(figures)), timesEmpty: Number((median(figures) / empty).toFixed(1)) },
    ]),
  );
  if (flags.json) console.log(JSON.stringify({ rounds, ...result }));
  else console.table(result);
}

function startsOf(
  { dir, model, site, round }: { dir: string; model: string; site: Site; round: number },
): Record<string, Start> {
  const task = (...words: string[]): [string, ...string[]] => ["deno", "task", "-q", ...words];
  return {
    empty: { command: ["deno", "run", "-q", "--no-prompt", join(dir, "empty.ts")] },
    "--help": {
      command: ["deno", "run", "-q", "--no-prompt", "--node-modules-dir=none", "main.ts", "--help"],
    },
    "generate --help": { command: task("generate", "--help"), isUseful: (out) => out !== "" },
    generate: {
      command: task("generate", "--model", model, "--prompt", PROMPT, "--max-tokens", "8"),
      isUseful: (out) => out.length > PROMPT.length,
    },
    serve: {
      command: task("serve", "--model", model, "--port", "0"),
      isUseful: (out) => out.includes("Serving model"),
    },
    pipeline: {
      command: task(
        ...["pipeline", "--run", join(dir, `run-${round}`), "--allow-private", "--steps", "1"],
        site.url,
      ),
      seen: site.asked,
    },
  };
}

/** Milliseconds until the command is of use; then it is stopped. */
async function timeOf({ command: [program, ...args], isUseful, seen }: Start): Promise<number> {
  const begun = performance.now();
  const child = new Deno.Command(program, { args, stdout: "piped", stderr: "piped" }).spawn();
  let output = "";
  const useful = Promise.withResolvers<void>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      output += piece;
      if (isUseful?.(output)) useful.resolve();
    }
  };
  const ended = Promise.all([read(child.stdout), read(child.stderr), child.status]);
  const wanted = isUseful || seen ? [useful.promise, ...seen ? [seen] : []] : [];
  const isEarly = await Promise.race([
    ...wanted.map((it) => it.then(() => true)),
    ended.then(() => false),
  ]);
  const ms = performance.now() - begun;
  if (isEarly) {
    // A command that has just ended by itself is not there to be stopped.
    try {
      child.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await ended;
  } else if (wanted.length > 0 || !(await child.status).success) {
    throw new Error(`Cannot time ${[program, ...args].join(" ")}: it ended with: ${output}`);
  }
  return ms;
}

/** A site of some pages on loopback. */
interface Site extends Disposable {
  readonly url: string;
  /** Resolves when the first page is asked for. */
  readonly asked: Promise<void>;
}

function serveSite(): Site {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname !== "/") return new Response("", { status: 404 });
    resolve();
    return new Response("<p>A page.", { headers: { "content-type": "text/html" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    asked: promise,
    [Symbol.dispose]: () => void server.shutdown(),
  };
}

/** A checkpoint of preset tiny with random weights. */
async function writeModel(path: string): Promise<void> {
  const texts = Array.from({ length: 400 }, (_, i) => `Text ${i * i} tells of ${i % 7} people.`);
  const tokenizer = await trainTokenizer(ReadableStream.from(texts), { vocabSize: VOCABULARY });
  const config = presetConfig("tiny", { vocabSize: tokenizer.vocabSize, endOfTextId: 0 });
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  initParameters(parameters, { config, layout, seed: 1 });
  await saveCheckpoint(path, {
    config,
    layout,
    tokenizerJson: formatTokenizer(tokenizer),
    snapshot: {
      step: 1,
      totalTokens: 0,
      cursors: { batch: { epoch: 0, batch: 0, state: null } },
      parameters,
      firstMoment: new Float32Array(layout.length),
      secondMoment: new Float32Array(layout.length),
    },
  });
}
