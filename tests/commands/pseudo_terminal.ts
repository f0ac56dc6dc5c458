/**
 * Tasks in a pseudo-terminal, as a person runs them: util-linux's `script` opens it and passes on what
 * is typed.
 *
 * @module
 */
import { assert } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { Screen } from "../stages/report/screen.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const ROWS = 24;

/** Whether there is a `script` that takes a command. */
export const HAS_TERMINAL = await hasScript();

async function hasScript(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("script", {
      args: ["-qec", "true", "/dev/null"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A task in a terminal. */
export interface TerminalTask extends AsyncDisposable {
  /** What the terminal shows. */
  readonly screen: Screen;
  /** All that was written, with its control sequences. */
  readonly text: string;
  /** Resolves once what was written matches; fails when the task ends before. */
  until(pattern: RegExp): Promise<void>;
  /** Presses keys; `\x03` is Ctrl-C. */
  type(keys: string): Promise<void>;
  /** Its exit code. */
  readonly ended: Promise<number>;
}

/** As a POSIX shell reads it back. */
const quoted = (words: readonly string[]) =>
  words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");

/** What the task runs in the end, without the flag that keeps Deno from asking for permissions. */
function asking([name = "", ...rest]: readonly string[]): string {
  const tasks: Record<string, { command: string }> = config.tasks;
  const { command = "" } = tasks[name] ?? {};
  const [, runner = "", program = ""] = /^deno task -q (\w+) (.*)$/.exec(command) ?? [];
  const started = tasks[runner]?.command ?? "";
  assert(started.includes(" --no-prompt "), `task ${name} runs ${started}`);
  return `${started.replace(" --no-prompt ", " ")} ${program} ${quoted(rest)}`;
}

/**
 * Starts `deno task ...args` in a terminal that is so wide. A question for a permission ends it; with
 * `mayAsk` Deno is not told to be silent about one.
 */
export function startTask(
  args: readonly string[],
  { columns, mayAsk = false }: { columns: number; mayAsk?: boolean },
): TerminalTask {
  const program = mayAsk ? asking(args) : `exec ${quoted(["deno", "task", ...args])}`;
  const command = `stty rows ${ROWS} cols ${columns}; ${program}`;
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    cwd: ROOT,
    // CI and NO_COLOR, where they are set, would make it another terminal than a person's.
    env: { SHELL: "/bin/sh", TERM: "xterm-256color", CI: "", NO_COLOR: "" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const keyboard = child.stdin.getWriter();
  const screen = new Screen({ columns, rows: ROWS });
  const looks = new Set<() => void>();
  let text = "";
  let isOver = false;
  const read = async () => {
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      for (const look of [...looks]) look();
      if (text.includes("Deno requests")) child.kill("SIGKILL");
    }
    isOver = true;
    for (const look of [...looks]) look();
  };
  const ended = Promise.all([child.status, read()]).then(async ([{ code }]) => {
    await keyboard.close().catch(() => {/* The terminal is gone, and its keyboard with it. */});
    // Whole at last: a part may end within a control sequence.
    screen.write(text);
    assert(!text.includes("Deno requests"), `deno task ${args.join(" ")} asks:\n${text}`);
    return code;
  });
  return {
    screen,
    get text() {
      return text;
    },
    until(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = () => {
        const isFound = pattern.test(text);
        if (!isFound && !isOver) return;
        looks.delete(look);
        if (isFound) resolve();
        else reject(new Error(`deno task ${args.join(" ")} never showed ${pattern}:\n${text}`));
      };
      looks.add(look);
      look();
      return promise;
    },
    type: (keys) => keyboard.write(new TextEncoder().encode(keys)),
    ended,
    async [Symbol.asyncDispose]() {
      if (!isOver) child.kill("SIGTERM");
      await ended;
    },
  };
}
