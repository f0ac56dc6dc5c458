import { posix } from "node:path";
import { type Import, importsOf, type SourceTree, withoutComments } from "./source_tree.ts";

/** Finds what breaks one rule of the house; each violation names the file and what is wrong. */
export type Rule = (tree: SourceTree) => string[];

/** What brings pages to weights. */
const BELOW_STAGES = ["stages", "sample_site", "workers", "tokenizer", "model", "kernels"];
const BELOW_PIPELINE = [
  ...["cluster", "evaluation", "run", "dashboard", "serve", "cli", "engine"],
  ...BELOW_STAGES,
];
const ALL = ["main.ts", "commands", "pipeline", ...BELOW_PIPELINE];

/** What each room may import, besides itself: the order goes one way. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernels: [],
  vendor: [],
  sample_site: [],
  model: ["kernels"],
  tokenizer: ["model"],
  workers: ["model", "kernels"],
  engine: ["workers", "model", "kernels"],
  stages: ["workers", "tokenizer", "model", "kernels"],
  // The plumbing of a command line: flags, help, what is printed.
  cli: ["stages", "model"],
  serve: ["cli", "engine", "model"],
  dashboard: ["cli", "serve", "stages", "model"],
  run: ["cli", "engine", "stages", "workers", "tokenizer", "model"],
  cluster: ["run", "cli", "engine", "stages", "workers", "tokenizer", "model"],
  evaluation: ["run", "cli", "engine", "stages", "workers", "tokenizer", "model"],
  pipeline: BELOW_PIPELINE,
  commands: ["pipeline", ...BELOW_PIPELINE],
  "main.ts": ["commands", "cli"],
  // The library's door, which names also the types that a room's own door need not.
  "mod.ts": ["serve", "engine", ...BELOW_STAGES],
  tools: ["commands", "cli", "kernels"],
  bench: ALL,
  tests: [...ALL, "bench", "tools"],
};

function roomOf(path: string): string {
  return path.split("/")[0] ?? path;
}

/** Modules of the project, in whichever room; deno.json is read for its version. */
function isModule({ to }: Import): boolean {
  return to.endsWith(".ts");
}

/** Imports go main → commands → pipeline → run → stages, engine → workers → model → kernels. */
export const importsGoOneWay: Rule = (tree) =>
  importsOf(tree).filter(isModule).filter(({ from, to }) =>
    roomOf(from) !== roomOf(to) && !MAY_IMPORT[roomOf(from)]?.includes(roomOf(to))
  ).map(({ from, to }) => `${from} imports ${to}: ${roomOf(from)} must not import ${roomOf(to)}`);

/** A stage knows no other stage; what they share lies in stages/ itself. */
export const stagesStandAlone: Rule = (tree) => {
  const stageOf = (path: string) => /^stages\/([^/]+)\//.exec(path)?.[1];
  return importsOf(tree).filter(({ from, to }) => {
    const [own, other] = [stageOf(from), stageOf(to)];
    return own !== undefined && other !== undefined && own !== other;
  }).map(({ from, to }) => `${from} imports ${to}: a stage must not import another stage`);
};

/** A folder with a mod.ts is entered through it; the command line, benches and tests may reach in. */
export const foldersAreEnteredByTheirDoor: Rule = (tree) =>
  importsOf(tree).filter(isModule).flatMap(({ from, to }) => {
    if (/^(main\.ts|mod\.ts|commands\/|tools\/|bench\/|tests\/)/.test(from)) return [];
    const closed = ancestors(to).find((folder) =>
      tree.has(`${folder}/mod.ts`) && !from.startsWith(`${folder}/`) && to !== `${folder}/mod.ts`
    );
    return closed ? [`${from} imports ${to}: enter by ${closed}/mod.ts`] : [];
  });

function ancestors(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === "." ? [] : [folder, ...ancestors(folder)];
}

/** No module needs itself to be loaded first. */
export const importsHaveNoCycle: Rule = (tree) => {
  const targets = new Map<string, string[]>();
  for (const { from, to, isWorker } of importsOf(tree)) {
    if (tree.has(to) && !isWorker) targets.set(from, [...targets.get(from) ?? [], to]);
  }
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) {
      const cycle = [...trail.slice(trail.indexOf(path)), path];
      cycles.push(`${cycle.join(" imports ")}: a cycle`);
    } else if (!done.has(path)) {
      for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of targets.keys()) visit(path, []);
  return cycles;
};

/** What the model is and how it is computed has nothing to do with streams. */
export const modelAndKernelsKnowNoStreams: Rule = (tree) =>
  mentions(tree, {
    pattern: /\b(?:Readable|Writable|Transform)Stream\b/,
    within: /^(model|kernels)\//,
  });

/** Only what talks to a person writes to the console; commands do by print.ts, which escapes. */
export const onlyTheCommandLinePrints: Rule = (tree) =>
  mentions(tree, {
    pattern: /\bconsole\.\w+/,
    within:
      /^(?!main\.ts|cli\/print\.ts|tools\/|stages\/report\/|bench\/|tests\/|(?:.*\/)?main\.ts)/,
  });

/** What one machine runs loads nothing of a cluster before it is asked for: no import that is static. */
export const oneMachineLoadsNoBroker: Rule = (tree) =>
  mentions(tree, {
    pattern: /import (?!type\b)[^;]*? from "(?:@nats-io\/|[./]*\/cluster\/|[^"]*\/nodes\/)/,
    within: /^(?!cluster\/|pipeline\/nodes\/|bench\/|tests\/)/,
  }).map((found) =>
    found.replace(/ uses .*/s, " loads the cluster's packages: import them when asked")
  );

/** Assertions throw: the console's only prints, so that a false example passes. Comments count. */
export const assertionsThrow: Rule = (tree) =>
  Array.from(tree).filter(([, source]) => /\bconsole\.assert\b/.test(source))
    .map(([path]) => `${path} asserts by the console, which does not throw: use @std/assert`);

function mentions(
  tree: SourceTree,
  { pattern, within }: { pattern: RegExp; within: RegExp },
): string[] {
  return Array.from(tree).filter(([path]) => within.test(path)).flatMap(([path, source]) => {
    const found = pattern.exec(withoutComments(source));
    return found ? [`${path} uses ${found[0]}`] : [];
  });
}

const MAX_LINES = 300;

/** A file is read in one sitting; tests, stand-ins and the plain kernels may be longer. */
export const filesAreShort: Rule = (tree) =>
  Array.from(tree).flatMap(([path, source]) => {
    const lines = source.trimEnd().split("\n").length;
    if (lines <= MAX_LINES || /^(tests|vendor|kernels\/reference)\//.test(path)) return [];
    return [`${path} has ${lines} lines: split it by noun, ${MAX_LINES} are the most`];
  });

/** A test lies in the folder of tests/ that its subject has in the tree. */
export const testsMirrorTheTree: Rule = (tree) => {
  const folders = new Set(Array.from(tree.keys(), ancestors).flat());
  return Array.from(tree.keys()).flatMap((path) => {
    const [, folder] = /^tests\/(?!architecture|fixtures)(.+)\/[^/]+$/.exec(path) ?? [];
    return folder === undefined || folders.has(folder)
      ? []
      : [`${path} mirrors nothing: the tree has no folder ${folder}`];
  });
};

/** Tasks name the permissions they need; `config` is deno.json. */
export function tasksNamePermissions(
  { tasks, permissions = {} }: {
    tasks: Readonly<Record<string, string | { command?: string }>>;
    permissions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  },
): string[] {
  const all = Object.entries(permissions).flatMap(([name, { all }]) =>
    all ? [`permissions ${name} are all: name them`] : []
  );
  return Object.entries(tasks).flatMap(([name, task]) => {
    const command = typeof task === "string" ? task : task.command ?? "";
    const found = /(?:^|\s)(?:-A|--allow-all|-[a-zA-Z]*A[a-zA-Z]*)(?=\s|$)/.exec(command);
    const [, set] = /\s-P=(\S+)/.exec(command) ?? [];
    return [
      ...found ? [`task ${name} uses ${found[0].trim()}: name the permissions`] : [],
      ...set !== undefined && !Object.hasOwn(permissions, set)
        ? [`task ${name} has no permissions ${set}`]
        : [],
    ];
  }).concat(all);
}
