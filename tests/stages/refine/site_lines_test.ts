import { assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { openSiteLines } from "../../../stages/refine/site_lines.ts";
import { scratchDir } from "../scratch.ts";

const page = (host: string, id: number) => ({ url: `http://${host}/${id}`, id: `${host}${id}` });
const textOf = (id: number) => `Home | About\n\nWhat page ${id} says.\n\nAll rights reserved.`;

Deno.test("a line goes once so many earlier pages of its site had it", () => {
  using lines = openSiteLines(":memory:", { pages: 2 });
  const strip = (host: string, id: number, text = textOf(id)) => lines.strip(text, page(host, id));
  for (const id of [1, 2]) assertEquals(strip("a", id), { text: textOf(id), removed: 0 });
  assertEquals(strip("a", 3), { text: "What page 3 says.", removed: 2 });
  // Another site has lines of its own, another port too.
  assertEquals(strip("b", 1).removed, 0);
  assertEquals(strip("a:8080", 1).removed, 0);
  // Twice in one page is once in the site.
  assertEquals(strip("c", 1, "Again.\nAgain.\nAgain.").removed, 0);
  assertEquals(strip("c", 2, "Again.").removed, 0);
  assertEquals(strip("c", 3, "  Again.  \nNew."), { text: "New.", removed: 1 });
  // Files are of no site.
  for (const id of ["1", "2", "3"]) {
    assertEquals(lines.strip("Same.", { url: `file:///${id}.txt`, id }).removed, 0);
  }
  assertThrows(() => openSiteLines(":memory:", { pages: 0 }), RangeError, "at least 1, got 0");
});

Deno.test("after a restart each page is treated as it was the first time", async () => {
  const path = join(await scratchDir(), "lines.sqlite");
  const outcomes = (ids: readonly number[]) => {
    using lines = openSiteLines(path, { pages: 2 });
    return ids.map((id) => lines.strip(textOf(id), page("a", id)).removed);
  };
  assertEquals(outcomes([1, 2, 3]), [0, 0, 2]);
  assertEquals(outcomes([2, 3, 4, 1]), [0, 2, 2, 0]);
});
