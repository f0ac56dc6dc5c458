/**
 * docs/reference.md, made of the tables of flags: `deno task docs` writes it.
 *
 * @module
 */
import { COMMANDS } from "./all.ts";
import type { Command } from "./command.ts";
import type { Flags } from "./flags.ts";

const INTRODUCTION = `# Reference

Every command and every flag, made of the program's own tables by \`deno task docs\`;
\`deno task NAME --help\` says the same.`;

/** The whole page. */
export async function describeReference(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return [INTRODUCTION, ...commands.map((command) => section(command))].join("\n\n") + "\n";
}

function section({ name, summary, operands, flags, subcommands }: Command, level = "##"): string {
  const usage = ["deno task", name, "[flags]", operands].filter(Boolean).join(" ");
  const parts = subcommands
    ? subcommands.map((command) => section(command, `${level}#`))
    : ["```\n" + usage + "\n```", table(flags)];
  return [`${level} ${name}`, summary, ...parts].join("\n\n");
}

function table(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, { value, help, defaultValue }]) => {
    const flag = `\`--${name}${value === undefined ? "" : ` ${value}`}\``;
    const shown = help.includes("(default") || value === undefined
      ? ""
      : `\`${defaultValue ?? "none"}\``;
    return `| ${[flag, shown, help].map(inCell).join(" | ")} |`;
  });
  return ["| Flag | Default | Meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function inCell(text: string): string {
  return text.replaceAll("|", "\\|");
}

if (import.meta.main) await Deno.writeTextFile("docs/reference.md", await describeReference());
