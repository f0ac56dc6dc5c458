/**
 * A program in a process of its own that is asked a line at a time and answers each with one of JSON.
 *
 * @module
 */

import { UsageError } from "../cli/flags.ts";

/** Such a process; disposing it ends its input and waits for its end. */
export interface LineProcess extends AsyncDisposable {
  /** The next line that it prints, after `line` where one is given. */
  ask<T>(line?: string): Promise<T>;
}

/**
 * Starts the program.
 *
 * @throws {UsageError} where there is none of that name
 */
export function openLineProcess(program: string, args: readonly string[]): LineProcess {
  const command = new Deno.Command(program, { args: [...args], stdin: "piped", stdout: "piped" });
  const child = spawn(command, program);
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const encoder = new TextEncoder();
  let rest = "";
  return {
    async ask(line) {
      if (line !== undefined) await writer.write(encoder.encode(`${line}\n`));
      while (!rest.includes("\n")) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`Cannot bench beside ${program}: it ended at ${line ?? "start"}`);
        rest += value;
      }
      const end = rest.indexOf("\n");
      const answer = JSON.parse(rest.slice(0, end));
      rest = rest.slice(end + 1);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      await reader.cancel();
      await child.status;
    },
  };
}

function spawn(command: Deno.Command, program: string): Deno.ChildProcess {
  try {
    return command.spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(`Cannot bench beside ${program}: there is no such program`);
  }
}
