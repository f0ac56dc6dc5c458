/**
 * What `--help` prints: usage, examples and the flags by group, wrapped to the terminal.
 *
 * @module
 */
import project from "../deno.json" with { type: "json" };
import type { Command } from "./command.ts";
import { defaultOf, type Flags } from "./flags.ts";

/** Default columns, and the minimum that is still readable. */
const COLUMNS = 80, MAX_COLUMNS = 120;
/** Columns of a flag's name that its text may stand beside. */
const MAX_NAME = 28;
/** Columns of a flag with its choices. */
const MAX_CHOICES = 48;

/** Columns of the terminal that standard output goes to, 80 where it is none. */
export function terminalColumns(): number {
  if (!Deno.stdout.isTerminal()) return COLUMNS;
  const { columns } = Deno.consoleSize();
  return columns > 0 ? Math.min(columns, MAX_COLUMNS) : COLUMNS;
}

/** The `--help` text of a command in so many columns. */
export function describeCommand(command: Command, columns = COLUMNS): string {
  const { summary, flags, examples, subcommands } = command;
  const lines = [...wrap(summary.replaceAll("\n", " "), columns), ""];
  const shown = ["", "Examples:", ...examples.map((line) => `  ${line}`)];
  if (subcommands) {
    lines.push(`Usage: deno task ${command.name} COMMAND [flags]`, ...shown, "", "Commands:");
    for (const { name, summary } of subcommands) {
      lines.push(...row(name.split(" ").at(-1) ?? name, firstSentence(summary), { columns }));
    }
    lines.push("", `deno task ${command.name} COMMAND --help shows the flags of one.`);
    return lines.join("\n");
  }
  const [usage = "", ...more] = wrap(`Usage: ${usageOf(command)}`, columns - 7);
  lines.push(usage, ...more.map((line) => " ".repeat(7) + line), ...shown);
  for (const [title, table] of tablesOf(flags)) {
    lines.push("", ...describeGroup(title, table, columns));
  }
  return lines.join("\n");
}

/** The tables of a command's groups by their titles, in the order in which they first come. */
export function tablesOf(flags: Flags): (readonly [title: string, flags: Flags])[] {
  const rows = Object.entries(flags);
  const titles = new Set(rows.map(([, { group = "Flags" }]) => group));
  return [...titles].map((title) => [
    title,
    Object.fromEntries(rows.filter(([, { group = "Flags" }]) => group === title)),
  ]);
}

/** The lines of one group of flags, its title first. */
export function describeGroup(title: string, flags: Flags, columns = COLUMNS): string[] {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const shown = defaultOf(flag);
    const { value = "", help } = flag;
    // Choices too wide for their column move into the text.
    const isLong = value.includes("|") && flagOf(name, value).length > MAX_CHOICES;
    const text = isLong ? `${help}: ${value.replaceAll("|", ", ")}` : help;
    return [
      flagOf(name, isLong ? "WORD" : flag.value),
      shown === undefined ? text : `${text} (default ${shown})`,
    ] as const;
  });
  const width = Math.max(...rows.map(([{ length }]) => length).filter((n) => n <= MAX_NAME), 8);
  return [`${title}:`, ...rows.flatMap(([name, text]) => row(name, text, { columns, width }))];
}

/** `deno task NAME [flags] OPERANDS`. */
export function usageOf({ name, operands, flags }: Command): string {
  const known = Object.keys(flags).length > 0 ? "[flags]" : "";
  return ["deno task", name, known, operands].filter(Boolean).join(" ");
}

/** A flag as it is typed, with the placeholder of its value. */
export function flagOf(name: string, value: string | undefined): string {
  return `--${name}${value === undefined ? "" : ` ${value}`}`;
}

/** The help text of the program itself: its tasks as `deno task` describes them; loads no command. */
export function describeProgram(commands: readonly string[], columns = COLUMNS): string {
  const tasks: Readonly<Record<string, { readonly description: string }>> = project.tasks;
  return [
    "From web pages to a served language model, in one process.",
    "",
    "Usage: deno task COMMAND [flags]",
    "",
    "Commands:",
    ...commands.flatMap((name) => row(name, tasks[name]?.description ?? "", { columns })),
    "",
    "deno task COMMAND --help shows the flags of one; --version shows the versions.",
  ].join("\n");
}

/** `cllm 0.1.0 (Deno 2.9.6, V8 14.2)`. */
export function describeVersion(): string {
  const { deno, v8 } = Deno.version;
  return `cllm ${project.version} (Deno ${deno}, V8 ${v8})`;
}

/** A name and its text beside it, or below where the name is too long. */
function row(
  name: string,
  text: string,
  { columns, width = 12 }: { columns: number; width?: number },
): string[] {
  const indent = width + 4;
  const [first = "", ...more] = wrap(text, Math.max(columns - indent, 20));
  const rest = more.map((line) => " ".repeat(indent) + line);
  return name.length <= width
    ? [`  ${name.padEnd(width)}  ${first}`, ...rest]
    : [`  ${name}`, " ".repeat(indent) + first, ...rest];
}

/** Wraps text to `columns` characters at spaces; a longer word gets its own line. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

function firstSentence(text: string): string {
  return /^.*?[.:](?=\s|$)/s.exec(text)?.[0].replaceAll("\n", " ").replace(/[.:]$/, "") ?? text;
}
