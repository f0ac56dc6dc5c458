/**
 * `tokens`: tokenizers and the token stores of runs.
 *
 * @module
 */
import type { Command } from "../../cli/command.ts";
import { UsageError } from "../../cli/flags.ts";
import { didYouMean } from "../../cli/nearest.ts";
import { decode, encode } from "./codec.ts";
import { exportTokens } from "./export.ts";
import { show } from "./show.ts";
import { inspectTokens } from "./inspect.ts";
import { stats } from "./stats.ts";
import { importTokens } from "./import.ts";
import { mixTokens } from "./mix.ts";
import { train } from "./train.ts";

const SUBCOMMANDS: Readonly<Record<string, Command>> = {
  train,
  encode,
  decode,
  inspect: inspectTokens,
  stats,
  show,
  export: exportTokens,
  import: importTokens,
  mix: mixTokens,
};

/** The `tokens` command. */
export const tokens: Command = {
  name: "tokens",
  summary: "Tokenizers, and the tokens of a run.",
  operands: Object.keys(SUBCOMMANDS).join("|"),
  flags: {},
  examples: [
    "deno task tokens stats runs/mine",
    "deno task tokens train --vocab 8192 book.txt notes.txt",
  ],
  subcommands: Object.values(SUBCOMMANDS),
  run([name = "", ...args]) {
    const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
    if (subcommand) return subcommand.run(args);
    const names = Object.keys(SUBCOMMANDS).join(", ");
    const meant = didYouMean(name, Object.keys(SUBCOMMANDS));
    throw new UsageError(`Cannot run ${`tokens ${name}`.trim()}: say one of ${names}${meant}`);
  },
};
