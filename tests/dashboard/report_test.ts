import { assert, assertFalse } from "@std/assert";
import { readRun, renderReport } from "../../dashboard/mod.ts";

async function report(settings: Record<string, unknown>): Promise<string> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/run.json`, JSON.stringify({ settings }));
    const run = { ...await readRun({ name: "mine", dir }), settings };
    return renderReport({ name: "mine", run, facts: [], dropped: {}, reproduce: "x", serve: "" });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a report promises equal weights unless --force changed settings on the way", async () => {
  assert((await report({ forced: [] })).includes("the same pages give the same weights"));
  const forced = [{ step: 40, name: "learningRate", before: 0.01, now: 0.005 }];
  const page = await report({ forced });
  assert(page.includes("changed with --force at step 40"));
  assertFalse(page.includes("the same pages give the same weights"));
});
