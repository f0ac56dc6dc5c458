/**
 * `tokens`: tokenizers and the token stores of runs.
 *
 * @module
 */
import type { Command } from "./command.ts";
import { UsageError } from "./flags.ts";
import { didYouMean } from "./nearest.ts";
import { decode, encode } from "./tokens_codec.ts";
import { exportTokens } from "./tokens_export.ts";
import { show } from "./tokens_show.ts";
import { inspectTokens } from "./tokens_inspect.ts";
import { stats } from "./tokens_stats.ts";
import { importTokens } from "./tokens_import.ts";
import { mixTokens } from "./tokens_mix.ts";
import { train } from "./tokens_train.ts";

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
  examples: [],
  subcommands: Object.values(SUBCOMMANDS),
  run([name = "", ...args]) {
    const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
    if (subcommand) return subcommand.run(args);
    const names = Object.keys(SUBCOMMANDS).join(", ");
    const meant = didYouMean(name, Object.keys(SUBCOMMANDS));
    throw new UsageError(`Cannot run ${`tokens ${name}`.trim()}: say one of ${names}${meant}`);
  },
};
