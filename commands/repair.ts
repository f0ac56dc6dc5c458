/**
 * `repair`: what can be saved of a damaged run.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { exists } from "../model/durable.ts";
import { openJournal, salvageJournal } from "../stages/journal/mod.ts";
import { restoredSettings } from "../run/settings/changed.ts";
import { type Command, command } from "../cli/command.ts";
import { findFaults, type Finding } from "../run/findings.ts";
import { group, toggle } from "../cli/flags.ts";
import { noRun, RUN_FLAG, runOperand } from "../run/open.ts";
import { say, sayText } from "../cli/print.ts";
import { rebuildTokens } from "../run/rebuild_tokens.ts";
import { type RunPaths, runPaths, writeSettings } from "../run/folder.ts";
import { lockForReading, lockRun } from "../run/lock.ts";

const FLAGS = {
  ...RUN_FLAG,
  ...group("Changes", {
    apply: toggle({ help: "apply the repairs; removed parts go to set-aside-N/" }),
  }),
};

/** The `repair` command. */
export const repair: Command = command({
  name: "repair",
  summary:
    "Shows what is damaged in a run and what can be recovered. Changes nothing without --apply.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    "deno task repair runs/mine",
    "deno task repair runs/mine --apply",
  ],
  async run({ values, operands }) {
    const root = runOperand(operands, { command: "repair", run: values.run });
    const paths = runPaths(root);
    if (!await exists(paths.settings)) throw await noRun(root);
    using _lock = await (values.apply ? lockRun(root) : lockForReading(root));
    const findings = await findFaults(paths);
    if (findings.length === 0) {
      sayText(`Nothing in ${root} is damaged; \`deno task verify ${root}\` looks further.`);
      return 0;
    }
    for (const { fault, way } of findings) say(`${fault}\n  ${way}.`);
    const helps = findings.some(({ aside }) => aside.length > 0);
    if (!helps) return 1;
    if (!values.apply) {
      sayText(`Nothing was changed: \`deno task repair ${root} --apply\` does what is said.`);
      return 1;
    }
    const aside = await applyFindings(paths, findings);
    sayText(
      `Done; what was taken out is in ${aside}. Go on with \`deno task pipeline --run ${root}\`.`,
    );
    return findings.every(({ aside }) => aside.length > 0) ? 0 : 1;
  },
});

/** Sets aside what the findings name and puts the new corpus in place; returns the folder. */
async function applyFindings(paths: RunPaths, findings: readonly Finding[]): Promise<string> {
  const { root, corpus, tokens } = paths;
  let number = 1;
  while (await exists(join(root, `set-aside-${number}`))) number++;
  const folder = join(root, `set-aside-${number}`);
  const made = new Set(findings.flatMap(({ makes }) => makes ?? []));
  const [newCorpus, newTokens] = [`${corpus}.new`, `${tokens}.new`];
  // Left over from a try that was interrupted.
  for (const dir of [newCorpus, newTokens]) {
    if (await exists(dir)) await Deno.remove(dir, { recursive: true });
  }
  // Whole on the disk before anything is moved.
  if (made.has("corpus")) {
    await using journal = await openJournal({ dir: newCorpus });
    for await (const document of (await salvageJournal(corpus)).documents()) {
      await journal.append(document);
    }
  }
  const settings = made.has("settings") ? await restoredSettings(paths) : undefined;
  for (const name of new Set(findings.flatMap(({ aside }) => aside))) {
    const from = join(root, name), to = join(folder, name);
    if (!await exists(from)) continue;
    await Deno.mkdir(dirname(to), { recursive: true });
    await Deno.rename(from, to);
  }
  if (made.has("corpus")) await Deno.rename(newCorpus, corpus);
  if (settings) await writeSettings(paths, settings);
  if (made.has("tokens")) {
    await rebuildTokens(paths, newTokens);
    await Deno.rename(newTokens, tokens);
  }
  return folder;
}
