/**
 * The command line that begins a run with some settings anew.
 *
 * @module
 */
import { parseFlags } from "../../cli/flags.ts";
import { quoted } from "../stopped.ts";
import { PIPELINE_FLAGS, type RunSettings, settingsOf } from "./pipeline.ts";
import { settingsIn } from "./table.ts";

/** Flags that defaults of others follow from, in the order in which they do. */
const FIRST = ["preset", "init", "optimizer", "recipe", "replicas"];
/** Flags whose outcome is in preset and steps. */
const DIAL = ["hours", "tokens"];

/**
 * `deno task pipeline --run …`, with each flag that is not as by default. Limits of filters have
 * their values in the settings alone, so FILE stands for the file that they came from.
 */
export function commandLine({ settings, root }: { settings: RunSettings; root: string }): string {
  const own = new Map<string, unknown>(Object.entries(settings));
  const stored = new Map(settingsIn(PIPELINE_FLAGS));
  const rest = [...stored.keys()].filter((flag) => !FIRST.includes(flag) && !DIAL.includes(flag));
  const words: string[] = [];
  const add = (flag: string, defaults: ReadonlyMap<string, unknown>) => {
    const key = stored.get(flag)?.key ?? flag;
    const value = own.get(key);
    if (value === undefined || JSON.stringify(value) === JSON.stringify(defaults.get(key))) return;
    // A training by the clock has no steps.
    if (flag !== "steps" || value !== 0) words.push(...wordsOf(flag, value));
  };
  for (const flag of FIRST) add(flag, defaultsWith(words));
  const defaults = defaultsWith(words);
  for (const flag of rest) add(flag, defaults);
  const all = ["--run", root, ...words, ...settings.sources];
  return ["deno task pipeline", ...all.map(quoted)].join(" ");
}

function defaultsWith(words: readonly string[]): ReadonlyMap<string, unknown> {
  const parsed = parseFlags(words, { flags: PIPELINE_FLAGS });
  return new Map<string, unknown>(Object.entries(settingsOf(parsed).wanted));
}

function wordsOf(flag: string, value: unknown): string[] {
  const name = `--${flag}`;
  if (value === true) return [name];
  if (flag === "filter-settings") return [name, "FILE"];
  if (!Array.isArray(value)) return [name, String(value)];
  const texts = value.map(textOf);
  return PIPELINE_FLAGS[flag as keyof typeof PIPELINE_FLAGS].many
    ? texts.flatMap((text) => [name, text])
    : [name, texts.join(",")];
}

/** An item of a list: text, a file, or a stage of the user's own. */
function textOf(item: string | { readonly path: string; readonly after?: string }): string {
  if (typeof item === "string") return item;
  return item.after === undefined ? item.path : `${item.after}:${item.path}`;
}
