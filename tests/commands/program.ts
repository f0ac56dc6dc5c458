import { assertEquals } from "@std/assert";
import { randomStream } from "../../model/random.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** How the program ended. */
export interface Ending {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly out: string;
  readonly err: string;
}

/** The program as a child process, as a user starts it. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Resolves to the first line on either output that matches, also one that came before. */
  line(pattern: RegExp): Promise<string>;
  /** Waits for `event`; fails when the program ends before it. */
  until(event: Promise<void>): Promise<void>;
  /** Sends `signal`, unless the program has ended by itself. */
  kill(signal: Deno.Signal): void;
  readonly ended: Promise<Ending>;
}

/** What runs `deno run main.ts ...args`. */
export function programCommand(args: readonly string[]): readonly [string, ...string[]] {
  return [Deno.execPath(), "run", "--allow-all", MAIN, ...args];
}

/** Starts `deno run main.ts ...args`. */
export function start(args: readonly string[], env: Record<string, string> = {}): Program {
  return startCommand(programCommand(args), { env: { NO_COLOR: "1", ...env } });
}

/** Starts any command as a child process that can be watched. */
export function startCommand(
  [command, ...args]: readonly [string, ...string[]],
  options: Pick<Deno.CommandOptions, "env" | "cwd"> = {},
): Program {
  const child = new Deno.Command(command, {
    ...options,
    args,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of [...waiting]) look();
  };
  let over = false;
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch (error) {
      // The program ended by itself a moment ago, which `ended` will tell.
      if (!(error instanceof TypeError)) throw error;
    }
  };
  const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> => {
    let [text, rest] = ["", ""];
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      text += part;
      const whole = (rest + part).split("\n");
      rest = whole.pop() ?? "";
      lines.push(...whole);
      wake();
    }
    return text;
  };
  const ended = Promise.all([collect(child.stdout), collect(child.stderr), child.status])
    .then(([out, err, { code, signal }]) => {
      over = true;
      wake();
      return { code, signal, out, err: withoutWaiting(err) };
    });
  return {
    pid: child.pid,
    ended,
    kill,
    until: (event) =>
      Promise.race([
        event,
        ended.then(({ out, err }) => {
          throw new Error(`the program ended too early:\n${out}${err}`);
        }),
      ]),
    line(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const look = () => {
        const found = lines.find((line) => pattern.test(line));
        if (found === undefined && !over) return;
        waiting.delete(look);
        if (found !== undefined) resolve(found);
        else reject(new Error(`no line matches ${pattern} in:\n${lines.join("\n")}`));
      };
      waiting.add(look);
      look();
      return promise;
    },
    async [Symbol.asyncDispose]() {
      if (over) return;
      kill("SIGKILL");
      await ended;
    },
  };
}

/** What was said but for that nothing is there yet: how often depends on the machine. */
export function withoutWaiting(said: string): string {
  return said.replace(/^[^\n]*, nothing to show yet \([\d:]+\)\n/gm, "");
}

/** Runs the program to its end. */
export async function run(args: readonly string[], env: Record<string, string> = {}) {
  await using program = start(args, env);
  return await program.ended;
}

/** Moments at which a program is killed: the first `most` sessions end so, unless they end before. */
export function killer({ seed, withinMs, most }: { seed: number; withinMs: number; most: number }) {
  const random = randomStream(seed, { name: "kill" });
  let kills = 0;
  return {
    get isDone() {
      return kills >= most;
    },
    /** Runs the program again and again until it ends by itself; another `session` each time. */
    async runToEnd(args: (session: number) => readonly string[]): Promise<void> {
      for (let session = 0;; session++) {
        await using program = start(args(session));
        const wait = withinMs * random.uniform(kills);
        const timer = kills < most ? setTimeout(() => program.kill("SIGKILL"), wait) : undefined;
        const ending = await program.ended;
        clearTimeout(timer);
        if (ending.signal !== null) {
          kills++;
          continue;
        }
        assertEquals(ending.code, 0, ending.err);
        return;
      }
    },
  };
}

/** A folder that is removed with all it holds. */
export async function openFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "cllm-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Whether something is at `path`. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
