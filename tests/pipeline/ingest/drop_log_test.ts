import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { openDropLog } from "../../../pipeline/ingest/drop_log.ts";

const read = async (path: string) =>
  (await Deno.readTextFile(path)).trimEnd().split("\n").map((line) => JSON.parse(line));

Deno.test("dropped.jsonl lists a thousand items of a file and reason, and counts the others", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "dropped.jsonl");
    {
      using log = openDropLog(path, { note: () => {}, keepText: false });
      for (let line = 1; line <= 50_000; line++) {
        const about = { stage: "read", detail: "Unexpected token", reason: "malformed" } as const;
        log.add({ ...about, item: `file:///a.jsonl#line=${line}` });
        if (line % 10_000 === 0) log.add({ ...about, item: `file:///b.jsonl#line=${line}` });
      }
      assertEquals(log.counts, { malformed: 50_005 });
    }
    const lines = await read(path);
    assertEquals(lines.length, 1000 + 5 + 1);
    assertEquals(lines.at(-1), {
      stage: "read",
      item: "file:///a.jsonl",
      reason: "malformed",
      detail: "49000 more of this reason are not listed",
      count: 49_000,
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("dropped.jsonl keeps every text where texts are kept, and counts few files at a time", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "dropped.jsonl");
    {
      using log = openDropLog(path, { note: () => {}, keepText: true });
      for (let number = 0; number < 1500; number++) {
        const drop = {
          stage: "refine",
          reason: "too-short",
          detail: "2 of 20 characters",
        } as const;
        log.add({ ...drop, item: `file:///a.csv#row=${number}`, text: "no" });
        log.add({ ...drop, item: `https://a.test/${number}` });
      }
    }
    const lines = await read(path);
    assertEquals(lines.filter(({ text }) => text === "no").length, 1500);
    assert(lines.every(({ count }) => count === undefined));
    assertEquals(lines.length, 3000);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("dropped.jsonl names files by their address, as their documents do", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "dropped.jsonl");
    const notes: string[] = [];
    {
      using log = openDropLog(path, { note: (line) => notes.push(line), keepText: false });
      log.add({ stage: "read", item: "/a #1.docx", reason: "malformed", detail: "broken" });
    }
    assertEquals((await read(path))[0].item, "file:///a%20%231.docx");
    assertEquals(notes, ["dropped /a #1.docx: malformed (broken)"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
