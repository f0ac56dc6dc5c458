import { assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { openDatabase } from "../../stages/database.ts";
import { openSeenTexts } from "../../stages/refine/mod.ts";
import { scratchDir } from "./scratch.ts";

Deno.test("a damaged database is named when it is opened, not when it is too late", async () => {
  const path = join(await scratchDir(), "rows.sqlite");
  {
    using database = openDatabase(path);
    database.exec("CREATE TABLE rows (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)");
    const add = database.prepare("INSERT INTO rows (id) VALUES (?)");
    for (let i = 0; i < 500; i++) add.run(`document ${i}`);
    // A fault of ours is named too.
    assertThrows(() => add.run("document 1"), Error, `Cannot use ${path}: UNIQUE`);
  }
  const bytes = await Deno.readFile(path);
  let named = 0;
  for (let at = 0; at < bytes.length; at += 997) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] ?? 0) ^ 2;
    await Deno.writeFile(path, flipped);
    try {
      using database = openDatabase(path);
      // Free space of a page, or a count that nothing depends on.
      const rows = database.prepare("SELECT count(*) AS n, count(DISTINCT id) AS ids FROM rows");
      assertEquals({ ...rows.get() }, { n: 500, ids: 500 });
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith(`Cannot use ${path}: `))) {
        throw error;
      }
      named++;
    }
  }
  assertEquals(named > 5, true, `${named} named`);
  await Deno.writeTextFile(path, "no database at all, and longer than nothing ".repeat(50));
  assertThrows(() => openSeenTexts(path), Error, `Cannot use ${path}: file is not a database`);
});
