/**
 * docs/reference.md, made of the tables of flags: `deno task docs` writes it.
 *
 * @module
 */
import { COMMANDS } from "../commands/mod.ts";
import type { Command } from "../cli/command.ts";
import { defaultOf, type Flags } from "../cli/flags.ts";
import { flagOf, tablesOf, usageOf } from "../cli/help.ts";

const INTRODUCTION = `# Reference

Every command and every flag, made of the program's own tables by \`deno task docs\`;
\`deno task NAME --help\` says the same.`;

/** The whole page. */
export async function describeReference(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return [INTRODUCTION, ...commands.map((command) => section(command))].join("\n\n") + "\n";
}

function section(command: Command, level = "##"): string {
  const { name, summary, flags, examples, subcommands } = command;
  const usage = "```\n" + [usageOf(command), "", ...examples].join("\n") + "\n```";
  const parts = subcommands
    ? [usage, ...subcommands.map((command) => section(command, `${level}#`))]
    : [
      usage,
      ...tablesOf(flags).map(([title, flags]) => `**${title}**\n\n${table(flags)}`),
    ];
  return [`${level} ${name}`, summary, ...parts].join("\n\n");
}

function table(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const shown = flag.value === undefined ? undefined : defaultOf(flag);
    const code = shown === undefined ? "" : `\`${shown}\``;
    return `| ${[`\`${flagOf(name, flag.value)}\``, code, flag.help].map(inCell).join(" | ")} |`;
  });
  return ["| Flag | Default | Meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function inCell(text: string): string {
  return text.replaceAll("|", "\\|");
}

if (import.meta.main) await Deno.writeTextFile("docs/reference.md", await describeReference());
