import type { Command } from "../cli/command.ts";

/** Every command, loaded on demand, so that each needs the permissions of its own packages only. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  pipeline: async () => (await import("./pipeline.ts")).pipeline,
  node: async () => (await import("./node.ts")).node,
  crawl: async () => (await import("./crawl.ts")).crawlCommand,
  text: async () => (await import("./text.ts")).text,
  train: async () => (await import("./train.ts")).train,
  tune: async () => (await import("./tune.ts")).tuneCommand,
  eval: async () => (await import("./eval.ts")).evaluate,
  chat: async () => (await import("./chat.ts")).chat,
  generate: async () => (await import("./generate.ts")).generate,
  dashboard: async () => (await import("./dashboard.ts")).dashboard,
  serve: async () => (await import("./serve.ts")).serve,
  export: async () => (await import("./export.ts")).exportModel,
  inspect: async () => (await import("./inspect.ts")).inspect,
  runs: async () => (await import("./runs.ts")).runs,
  repair: async () => (await import("./repair.ts")).repair,
  verify: async () => (await import("./verify.ts")).verify,
  tokens: async () => (await import("./tokens/mod.ts")).tokens,
  trace: async () => (await import("./trace.ts")).trace,
};
