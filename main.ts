/**
 * The command line: finds the command, runs it, turns errors into one line and an exit code.
 *
 * @module
 */
import { COMMANDS } from "./commands/all.ts";
import { describeCommand } from "./commands/command.ts";
import { explain } from "./commands/failure.ts";
import { UsageError } from "./commands/flags.ts";

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
