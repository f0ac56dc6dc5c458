/**
 * What every command looks like to main.ts.
 *
 * @module
 */
import { describeFlags, type Flags } from "./flags.ts";

/** A subcommand of the program. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Operands as shown after the name, or nothing. */
  readonly operands: string;
  readonly flags: Flags;
  /** What the first operand chooses among, for the help text. */
  readonly subcommands?: readonly Command[];
  /** Does the work; resolves to the exit code. */
  run(args: readonly string[]): Promise<number>;
}

/** The `--help` text of a command. */
export function describeCommand(
  { name, summary, operands, flags, subcommands }: Command,
): string {
  if (subcommands) return `${summary}\n\n${subcommands.map(describeCommand).join("\n")}`;
  const usage = ["deno task", name, "[flags]", operands].filter(Boolean).join(" ");
  return `${summary}\n\nUsage: ${usage}\n\nFlags:\n${describeFlags(flags)}\n`;
}
