/**
 * `tokens stats`: what the token store of a run holds.
 *
 * @module
 */
import type { StoreReader } from "../../stages/store/mod.ts";
import type { Split } from "../../stages/types.ts";
import { type Command, command } from "../../cli/command.ts";
import { jsonToggle } from "../../cli/flags.ts";
import { RUN_FLAG, runOperand } from "../../run/open.ts";
import { openTokens } from "../../run/open_tokens.ts";
import { addUses, describeUses, type TokenUses } from "../../tokenizer/mod.ts";
import { say } from "../../cli/print.ts";

const FLAGS = { ...RUN_FLAG, json: jsonToggle() };

/** The `tokens stats` command. */
export const stats: Command = command({
  name: "tokens stats",
  summary: "Checks every shard of a run and counts what is in it.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    "deno task tokens stats runs/mine",
    "deno task tokens stats runs/mine --json",
  ],
  async run({ values, operands }) {
    await using run = await openTokens(runOperand(operands, { command: "count", run: values.run }));
    const uses = new Float64Array(run.tokenizer.vocabSize);
    const result = {
      train: await count(run.store, { split: "train", uses }),
      validation: await count(run.store, { split: "validation", uses }),
      vocabulary: describeUses(uses, run.tokenizer),
    };
    if (values.json) say(JSON.stringify(result));
    else print(result);
    return 0;
  },
});

interface Count {
  readonly documents: number;
  readonly tokens: number;
  /** Tokens of the shortest and longest document. */
  readonly shortest: number;
  readonly longest: number;
}

/** Reads a split once, adding to `uses` how often each id occurs, `[vocabSize]`. */
async function count(
  store: StoreReader,
  { split, uses }: { split: Split; uses: Float64Array },
): Promise<Count> {
  let documents = 0, tokens = 0, shortest = Infinity, longest = 0;
  for await (const { ids } of store.read({ split })) {
    documents++;
    tokens += ids.length;
    shortest = Math.min(shortest, ids.length);
    longest = Math.max(longest, ids.length);
    addUses(uses, ids);
  }
  return { documents, tokens, shortest: documents === 0 ? 0 : shortest, longest };
}

const comma = (count: number) => count.toLocaleString("en");

function print(
  { train, validation, vocabulary }: {
    train: Count;
    validation: Count;
    vocabulary: TokenUses;
  },
): void {
  for (const [name, split] of Object.entries({ train, validation })) {
    const { documents, tokens, shortest, longest } = split;
    say(
      `${name.padEnd(11)} ${comma(documents)} documents, ${comma(tokens)} tokens, ` +
        `${comma(shortest)} to ${comma(longest)} a document`,
    );
  }
  if (validation.documents === 0) {
    say("            (documents are stored as training comes to them, those held out too)");
  }
  const { size, used, bytesPerToken, mostFrequent } = vocabulary;
  say(
    `vocabulary  ${comma(used)} of ${comma(size)} used, ${bytesPerToken.toFixed(2)} bytes a token`,
  );
  say(`frequent    ${mostFrequent.join(" ")}`);
  if (mostFrequent.some((token) => /[ĠĊ]/.test(token))) {
    say("            (Ġ is a space and Ċ a line break, as tokenizer.json writes them)");
  }
}
