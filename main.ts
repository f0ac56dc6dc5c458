/**
 * The command line: finds the command, runs it, turns errors into one line and an exit code.
 *
 * @module
 */
import { type Command, describeCommand } from "./commands/command.ts";
import { explain } from "./commands/failure.ts";
import { UsageError } from "./commands/flags.ts";

/** Loaded on demand, so that a command needs the permissions of its own packages only. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  pipeline: async () => (await import("./commands/pipeline.ts")).pipeline,
  train: async () => (await import("./commands/train.ts")).train,
  eval: async () => (await import("./commands/eval.ts")).evaluate,
  generate: async () => (await import("./commands/generate.ts")).generate,
  dashboard: async () => (await import("./commands/dashboard.ts")).dashboard,
  serve: async () => (await import("./commands/serve.ts")).serve,
  export: async () => (await import("./commands/export.ts")).exportModel,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  verify: async () => (await import("./commands/verify.ts")).verify,
  tokens: async () => (await import("./commands/tokens.ts")).tokens,
  trace: async () => (await import("./commands/trace.ts")).trace,
};

/** Exit codes as shells know them. */
const FAILURE = 1, USAGE = 2;

async function main([name, ...args]: string[]): Promise<number> {
  const load = COMMANDS[name ?? ""];
  if (!load) {
    const names = Object.keys(COMMANDS).join(", ");
    if (name === undefined || name === "--help") {
      console.log(`Usage: deno task COMMAND [flags], where COMMAND is one of ${names}.`);
      return name === undefined ? USAGE : 0;
    }
    console.error(`error: Cannot run ${name}: commands are ${names}`);
    return USAGE;
  }
  const command = await load();
  if (args.includes("--help")) {
    console.log(describeCommand(command));
    return 0;
  }
  try {
    return await command.run(args);
  } catch (error) {
    // CLLM_TRACE=1 shows the stack.
    if (Deno.env.get("CLLM_TRACE")) console.error(error);
    else console.error(`error: ${explain(error, { command: command.name })}`);
    return error instanceof UsageError ? USAGE : FAILURE;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
