/**
 * The command line: finds the command, runs it, turns errors into one line and an exit code.
 *
 * @module
 */
import { COMMANDS } from "./commands/mod.ts";
import { explain } from "./cli/failure.ts";
import { UsageError } from "./cli/flags.ts";
import { describeCommand, describeProgram, describeVersion, terminalColumns } from "./cli/help.ts";
import { didYouMean } from "./cli/nearest.ts";
import { tell, tellWork } from "./cli/print.ts";

/** Exit codes as shells know them. */
const FAILURE = 1, USAGE = 2;

/**
 * Runs the command that the words of a command line name; resolves to the exit code. Errors are told
 * on standard error, in one line each.
 */
export async function main(words: readonly string[]): Promise<number> {
  const [name, ...args] = words;
  if (asks(words.slice(0, 1), "--version")) return say(describeVersion());
  if (name === undefined || asks([name], "--help", "-h")) {
    say(describeProgram(Object.keys(COMMANDS), terminalColumns()));
    return name === undefined ? USAGE : 0;
  }
  try {
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!load) throw unknownCommand(name);
    const command = await load();
    if (asks(args, "--version")) return say(describeVersion());
    if (asks(args, "--help", "-h")) {
      const part = command.subcommands?.find(({ name: of }) => of === `${name} ${args[0]}`);
      return say(describeCommand(part ?? command, terminalColumns()));
    }
    using _silence = tellWork(name);
    return await command.run(args);
  } catch (error) {
    // CLLM_TRACE=1 shows the stack.
    if (Deno.env.get("CLLM_TRACE")) tell(Deno.inspect(error));
    else tell(`error: ${explain(error, { command: name })}`);
    return error instanceof UsageError ? USAGE : FAILURE;
  }
}

/** Whether one of the flags is among the words before `--`. */
function asks(words: readonly string[], ...flags: readonly string[]): boolean {
  const end = words.indexOf("--");
  return (end < 0 ? words : words.slice(0, end)).some((word) => flags.includes(word));
}

function say(text: string): 0 {
  console.log(text);
  return 0;
}

function unknownCommand(name: string): UsageError {
  const names = Object.keys(COMMANDS);
  const meant = didYouMean(name, names) || `; commands are ${names.join(", ")}`;
  return new UsageError(`Cannot run ${name}: there is no such command${meant}`);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
