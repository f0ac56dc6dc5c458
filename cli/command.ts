/**
 * The interface of a command.
 *
 * @module
 */
import { checkRules } from "./flag_rules.ts";
import { type Flags, type Parsed, parseFlags } from "./flags.ts";

/** A subcommand of the program. */
export interface Command {
  readonly name: string;
  /** Description; the first sentence is shown in the list of commands. */
  readonly summary: string;
  /** Operands as shown after the name, or nothing. */
  readonly operands: string;
  readonly flags: Flags;
  /** Two or three command lines, as typed. */
  readonly examples: readonly string[];
  /** Choices of the first operand, for the help text. */
  readonly subcommands?: readonly Command[];
  /** Runs the command; resolves to the exit code. */
  run(args: readonly string[]): Promise<number>;
}

/** What {@linkcode command} makes a command of. */
export interface CommandOptions<F extends Flags> extends Omit<Command, "run"> {
  readonly flags: F;
  /** Whether it checks by itself, against settings that it keeps, which flags apply. */
  readonly rulesLater?: boolean;
  /** Does the work; resolves to the exit code. */
  run(parsed: Parsed<F>, args: readonly string[]): Promise<number>;
}

/** A command that is given its flags parsed, typed by their table. */
export function command<F extends Flags>(options: CommandOptions<F>): Command {
  const { rulesLater = false, run, ...shown } = options;
  const { flags } = options;
  return {
    ...shown,
    async run(args) {
      const parsed = parseFlags(args, { flags });
      if (!rulesLater) checkRules(flags, parsed);
      return await run(parsed, args);
    },
  };
}
