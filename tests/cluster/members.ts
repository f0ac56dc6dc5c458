import { type Ending, type Program, programCommand, startCommand } from "../commands/program.ts";
import type { Host } from "../../bench/host.ts";

/** How a process is started: `main.ts ...args` on a host. */
export interface MemberOptions {
  readonly name: string;
  readonly host: Host;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

/** A process of a run that is started again whenever it ends before its work is done. */
export interface Member extends AsyncDisposable {
  readonly name: string;
  /** Sends SIGKILL to the process that runs now. */
  kill(): void;
  /** Resolves when it has ended by itself, with success. */
  readonly done: Promise<Ending>;
  /** The endings so far that were neither that nor a kill, each as its last words. */
  readonly failures: readonly string[];
  /** The process that runs now. */
  readonly program: Program;
}

/** Waits before a process that failed is started again, as systemd does. */
const RESTART_MS = 200;
const MAX_FAILURES = 20;

/** Starts a process and keeps it alive. */
export function startMember({ name, host, args, env = {} }: MemberOptions): Member {
  const command = host.command(programCommand(args));
  const launch = () => startCommand(command, { env: { NO_COLOR: "1", ...env } });
  const failures: string[] = [];
  let program = launch();
  let [isKilled, isOver] = [false, false];
  const done = (async () => {
    for (;;) {
      const ending = await program.ended;
      if (ending.code === 0 && ending.signal === null || isOver) return ending;
      if (!isKilled) {
        failures.push(`${name} ended with ${ending.code}: ${ending.out}${ending.err}`);
        // A wrong command line fails every time.
        if (failures.length === MAX_FAILURES || ending.code === 2) {
          throw new Error(failures.join("\n"));
        }
        await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
      }
      isKilled = false;
      if (isOver) return ending;
      program = launch();
    }
  })();
  return {
    name,
    done,
    failures,
    kill() {
      isKilled = true;
      program.kill("SIGKILL");
    },
    get program() {
      return program;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      program.kill("SIGKILL");
      await done.catch(() => {});
    },
  };
}
