import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { describeReference } from "../../tools/reference.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Text without what formatting may change. */
function words(text: string): string {
  return text.replace(/-{2,}|[\s|]+/g, " ");
}

Deno.test("docs/reference.md says what the flags say", async () => {
  const page = await Deno.readTextFile(join(ROOT, "docs/reference.md"));
  assertEquals(words(page), words(await describeReference()), "run deno task docs");
});

Deno.test("the guide and the README name only tasks and flags that there are", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const reference = await describeReference();
  for (const name of ["README.md", "docs/guide.md", "docs/troubleshooting.md"]) {
    const page = await Deno.readTextFile(join(ROOT, name));
    for (const [, task = ""] of page.matchAll(/deno task ([a-z]+)/g)) {
      assert(Object.hasOwn(tasks, task), `${name}: there is no task ${task}`);
    }
    for (const [line, task = ""] of page.matchAll(/^deno task ([a-z]+) .*$/gm)) {
      const section = reference.split(`\n## ${task}\n`)[1]?.split("\n## ")[0];
      if (section === undefined) continue;
      for (const [flag] of line.matchAll(/--[a-z-]+/g)) {
        assert(section.includes(`\`${flag}`), `${name}: ${task} has no ${flag}`);
      }
    }
  }
});
