/**
 * What every command looks like to main.ts.
 *
 * @module
 */
import type { FlagGroups } from "./flag_groups.ts";
import type { Flags } from "./flags.ts";

/** A subcommand of the program. */
export interface Command {
  readonly name: string;
  /** What it does; the first sentence is for the list of commands. */
  readonly summary: string;
  /** Operands as shown after the name, or nothing. */
  readonly operands: string;
  readonly flags: Flags;
  /** The flags in named groups, where they are too many for one; see `groupFlags`. */
  readonly groups?: FlagGroups;
  /** Two or three command lines, as typed. */
  readonly examples: readonly string[];
  /** What the first operand chooses among, for the help text. */
  readonly subcommands?: readonly Command[];
  /** Does the work; resolves to the exit code. */
  run(args: readonly string[]): Promise<number>;
}
