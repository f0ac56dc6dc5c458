import { assertEquals } from "@std/assert";
import * as rules from "./architecture/rules.ts";
import {
  findImports,
  findWorkers,
  readSourceTree,
  type SourceTree,
} from "./architecture/source_tree.ts";
import config from "../deno.json" with { type: "json" };

const project = await readSourceTree(new URL("../", import.meta.url));

/** A rule, a tree that breaks it and what is then said. */
const RULES: [name: keyof typeof rules, bad: Record<string, string>, said: string[]][] = [
  ["importsGoOneWay", {
    "kernels/gemm.ts": 'import { x } from "../model/config.ts";',
    "model/config.ts": 'import "../serve/mod.ts";',
    "serve/app.ts": 'new Worker(new URL("../stages/crawl/mod.ts", import.meta.url));',
    "stages/crawl/mod.ts": 'import type { x } from "../../model/random.ts";',
  }, [
    "kernels/gemm.ts imports model/config.ts: kernels must not import model",
    "model/config.ts imports serve/mod.ts: model must not import serve",
    "serve/app.ts imports stages/crawl/mod.ts: serve must not import stages",
  ]],
  ["stagesStandAlone", {
    "stages/read/mod.ts": 'export { x } from "../crawl/mod.ts";\nimport "../types.ts";',
    "stages/read/walk.ts": 'import { y } from "./mod.ts";',
  }, ["stages/read/mod.ts imports stages/crawl/mod.ts: a stage must not import another stage"]],
  ["foldersAreEnteredByTheirDoor", {
    "kernels/mod.ts": 'import "./build.ts";',
    "workers/sphere.ts": 'import "../kernels/build.ts";\nimport "../kernels/mod.ts";',
    "workers/update.ts": 'import "../model/config.ts";',
    "bench/gemm.ts": 'import "../kernels/build.ts";',
  }, ["workers/sphere.ts imports kernels/build.ts: enter by kernels/mod.ts"]],
  ["importsHaveNoCycle", {
    "model/a.ts": 'import "./b.ts";',
    "model/b.ts": 'import "./c.ts";',
    "model/c.ts": 'import type { B } from "./b.ts";',
    "model/d.ts": 'import "./a.ts"; import "./b.ts";',
    "workers/control.ts": 'new Worker(new URL("./sphere.ts", import.meta.url));',
    "workers/sphere.ts": 'import type { Message } from "./control.ts";',
  }, ["model/b.ts imports model/c.ts imports model/b.ts: a cycle"]],
  ["modelAndKernelsKnowNoStreams", {
    "model/a.ts": "// a ReadableStream is no business of ours\nexport const a = 1;",
    "model/b.ts": "export function b(): ReadableStream<number> {}",
    "stages/read/mod.ts": "export function read(): ReadableStream<number> {}",
  }, ["model/b.ts uses ReadableStream"]],
  ["onlyTheCommandLinePrints", {
    "main.ts": "console.log(1);",
    "cli/print.ts": "console.log(1);",
    "commands/repair.ts": "console.log(1);",
    "stages/tokenize/main.ts": "console.log(1);",
    "stages/report/mod.ts": "console.log(1);",
    "stages/crawl/mod.ts": "/** console.log(1) */\nif (x) console.warn(1);",
  }, ["commands/repair.ts uses console.log", "stages/crawl/mod.ts uses console.warn"]],
  ["oneMachineLoadsNoBroker", {
    "cluster/connect.ts": 'import { connect } from "@nats-io/transport-node";',
    "commands/node.ts": 'const { join } = await import("../pipeline/nodes/join.ts");',
    "pipeline/run.ts": 'import { a } from "b";\nimport { KV } from "@nats-io/kv";',
    "serve/app.ts": 'import { beat } from "../cluster/heartbeat.ts";',
    "stages/report/mod.ts": 'import type { Role } from "../../cluster/heartbeat.ts";',
  }, [
    "pipeline/run.ts loads the cluster's packages: import them when asked",
    "serve/app.ts loads the cluster's packages: import them when asked",
  ]],
  ["assertionsThrow", {
    "model/a.ts": `/** ${"console"}.assert(a === 1); */\nexport const a = 1;`,
    "model/b.ts": "/** assert(b === 1); */\nexport const b = 1;",
  }, ["model/a.ts asserts by the console, which does not throw: use @std/assert"]],
  ["testsMirrorTheTree", {
    "model/gguf/read.ts": "",
    "tests/architecture/rules.ts": "",
    "tests/model/gguf/read_test.ts": "",
    "tests/model/onnx/graph_test.ts": "",
  }, ["tests/model/onnx/graph_test.ts mirrors nothing: the tree has no folder model/onnx"]],
  ["filesAreShort", {
    "model/long.ts": "x;\n".repeat(301),
    "model/short.ts": "x;\n".repeat(300),
    "tests/model/long_test.ts": "x;\n".repeat(301),
  }, ["model/long.ts has 301 lines: split it by noun, 300 are the most"]],
];

for (const [name, bad, said] of RULES) {
  const rule = rules[name] as rules.Rule;
  Deno.test(`architecture: ${name} sees what breaks it`, () => {
    const tree: SourceTree = new Map(Object.entries(bad));
    assertEquals(rule(tree), said);
  });
  Deno.test(`architecture: ${name}`, () => assertEquals(rule(project), []));
}

Deno.test("architecture: tasksNamePermissions", () => {
  assertEquals(
    rules.tasksNamePermissions({
      tasks: {
        a: "deno run -A main.ts",
        b: "deno test --allow-all",
        c: { command: "deno run -RA main.ts" },
        d: "deno run --allow-read --allow-net main.ts -a",
        e: "deno task -q core -P=e main.ts",
        f: "deno task -q core -P=f main.ts",
      },
      permissions: { e: { read: true }, g: { all: true } },
    }),
    [
      "task a uses -A: name the permissions",
      "task b uses --allow-all: name the permissions",
      "task c uses -RA: name the permissions",
      "task f has no permissions f",
      "permissions g are all: name them",
    ],
  );
  assertEquals(rules.tasksNamePermissions(config), []);
});

Deno.test("architecture: imports are found in every form, and not in comments or text", () => {
  const source = `
    // import "./line_comment.ts";
    /** import { x } from "./block_comment.ts"; */
    import "./bare.ts";
    import def, { type A, b as c } from './named.ts';
    import * as all from "jsr:@std/assert@^1";
    import {
      several,
      lines, // with a "comment"
    } from "../several.ts";
    export * from "./star.ts";
    export type { T } from "./type.ts";
    export const text = 'import "./text.ts"';
    const address = "http://a.test/"; // not a comment above
    const late = await import("./dynamic.ts");
    let typed: import("./typed.ts").T;
    new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  `;
  assertEquals(findImports(source), [
    "./bare.ts",
    "./named.ts",
    "jsr:@std/assert@^1",
    "../several.ts",
    "./star.ts",
    "./type.ts",
    "./dynamic.ts",
    "./typed.ts",
  ]);
  assertEquals(findWorkers(source), ["./worker.ts"]);
});

Deno.test("architecture: the whole project was read", () => {
  for (
    const path of ["main.ts", "stages/types.ts", "model/layout.ts", "tests/architecture_test.ts"]
  ) {
    assertEquals(project.has(path), true, path);
  }
});
