/**
 * `tokens mix`: the tokens of several runs as one store, in stated proportions.
 *
 * @module
 */
import { mix, type MixSource } from "../../stages/store/mod.ts";
import { type Command, command } from "../../cli/command.ts";
import { group, number, text, UsageError } from "../../cli/flags.ts";
import { createTokenFolder, openTokenFolder, type TokenFolder } from "../../run/token_folder.ts";
import { say } from "../../cli/print.ts";

const FLAGS = {
  ...group("Output", {
    tokens: number({
      help: "stop after this many tokens (default: when a run has had its passes)",
      min: 1,
    }),
    output: text({
      help: "new folder for tokenizer.json and tokens/",
      value: "DIR",
      defaultValue: "runs/mixture",
    }),
  }),
};

/** The `tokens mix` command. */
export const mixTokens: Command = command({
  name: "tokens mix",
  summary:
    "Mixes the train splits of runs by weight, document by document: `runs/a=3 runs/b=1x4` takes\n" +
    "three tokens of runs/a for each of runs/b, which may be gone through four times.",
  operands: "RUN=WEIGHT[xPASSES]...",
  flags: FLAGS,
  examples: [
    "deno task tokens mix runs/a=3 runs/b=1x4 --output runs/mixture",
    "deno task tokens mix runs/a=1 runs/b=1 --tokens 1000000",
  ],
  async run({ values, operands }) {
    if (operands.length === 0) throw new UsageError("Cannot mix tokens: name RUN=WEIGHT");
    const parts = operands.map(parsePart);
    await using resources = new AsyncDisposableStack();
    const folders: TokenFolder[] = [];
    for (const { root } of parts) {
      const folder = resources.use(await openTokenFolder(root));
      if (folder.json !== (folders[0] ?? folder).json) {
        throw new UsageError(
          `Cannot mix ${root} with ${parts[0]?.root}: their tokenizer.json differ`,
        );
      }
      folders.push(folder);
    }
    const sources: MixSource[] = folders.map(({ store }, i) => ({
      store,
      ...(parts[i] as typeof parts[0] & object),
    }));
    const runs = mix({ sources, split: "train" });
    await using folder = await createTokenFolder(values.output, folders[0]?.json ?? "");
    const { store } = folder;
    const taken = parts.map(() => ({ documents: 0, tokens: 0, passes: 0 }));
    for await (const { source, pass, index: _index, positions: _positions, ...run } of runs) {
      if (store.tokens("train") >= (values.tokens ?? Infinity)) break;
      await store.append(run);
      const of = taken[source] as typeof taken[0] & object;
      of.documents++;
      of.tokens += run.ids.length;
      of.passes = pass + 1;
    }
    const total = store.tokens("train");
    for (const [i, { documents, tokens, passes }] of taken.entries()) {
      const share = (100 * tokens / total).toFixed(1);
      say(
        `${parts[i]?.root}: ${documents} documents, ${tokens} tokens (${share} %), pass ${passes}`,
      );
    }
    say(`${values.output}: ${store.count("train")} documents, ${total} tokens`);
    return 0;
  },
});

function parsePart(operand: string): { root: string; weight: number; passes: number } {
  const [, root, weight, passes = "1"] = /^(.+)=(\d+(?:\.\d+)?)(?:x(\d+))?$/.exec(operand) ?? [];
  if (root === undefined || !(Number(weight) > 0) || !(Number(passes) > 0)) {
    throw new UsageError(`Cannot mix ${operand}: write it as RUN=WEIGHT or RUN=WEIGHTxPASSES`);
  }
  return { root, weight: Number(weight), passes: Number(passes) };
}
