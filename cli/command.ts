/**
 * The interface of a command.
 *
 * @module
 */
import type { FlagGroups } from "./flag_groups.ts";
import type { Flags } from "./flags.ts";

/** A subcommand of the program. */
export interface Command {
  readonly name: string;
  /** Description; the first sentence is shown in the list of commands. */
  readonly summary: string;
  /** Operands as shown after the name, or nothing. */
  readonly operands: string;
  readonly flags: Flags;
  /** The flags in named groups, where one would be too long; see `groupFlags`. */
  readonly groups?: FlagGroups;
  /** Two or three command lines, as typed. */
  readonly examples: readonly string[];
  /** Choices of the first operand, for the help text. */
  readonly subcommands?: readonly Command[];
  /** Runs the command; resolves to the exit code. */
  run(args: readonly string[]): Promise<number>;
}
