// The oracle of what .gitignore files name is git itself.
import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "node:path";
import { StageMeter } from "../../../stages/meter.ts";
import { read, type ReadOptions } from "../../../stages/read/mod.ts";
import { randomStream } from "../../../model/random.ts";
import { scratchDir } from "../scratch.ts";

const NAMES = [..."a b c.txt d.md build foo#1 !bang ab trail docs".split(" "), "x y"];
const PATTERNS = [
  ..."a /a a/ a/b a/* **/b a/** a/**/b *.txt !*.txt !a !/a/b !a/ build/ !build/ /build".split(" "),
  ..."* !*/ !c.txt [ab] ? foo\\#1 #c \\!bang ** !**/d.md a* !ab /* !/docs docs/*.md".split(" "),
  ..."!docs/d.md */b **/a/** [!a]b [^a]* b/**/ /**/c.txt !a/c.txt docs/**/*.txt".split(" "),
  ..."c*.t?t \\a [a-c] a/b/ !a/b/".split(" "),
  ...["x y", "d.md ", "trail\\ ", "", "   "],
];
const TREES = 60;

async function git(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout } = await new Deno.Command("git", { args, cwd }).output();
  assertEquals(code, 0);
  return new TextDecoder().decode(stdout);
}

async function write(root: string, files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(join(root, dirname(name)), { recursive: true });
    await Deno.writeTextFile(join(root, name), text);
  }
}

/** What a reading of a folder brings: paths below it, and what it counts. */
async function readAll(root: string, options: Partial<ReadOptions> = {}) {
  const skipped: Record<string, number> = {}, drops: string[] = [];
  const pages: string[] = [];
  const meter = new StageMeter("read", ({ item, reason, kind }) => {
    drops.push(`${item.slice(root.length + 1)} ${reason} ${kind ?? ""}`.trim());
  });
  const onSkip: ReadOptions["onSkip"] = (kind) => skipped[kind] = (skipped[kind] ?? 0) + 1;
  for await (const { url } of read({ paths: [root], meter, onSkip, ...options })) {
    pages.push(decodeURIComponent(url.slice(`file://${root}/`.length)));
  }
  return { pages, skipped, drops };
}

Deno.test("a folder is read as git sees it: the trees of sixty random lists of patterns", async () => {
  for (let tree = 0; tree < TREES; tree++) {
    const stream = randomStream(tree, { name: "gitignore" });
    let drawn = 0;
    const random = () => stream.uniform(drawn++);
    const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T;
    const root = await scratchDir();
    const folders = [root];
    for (let i = 0; i < 8; i++) {
      const folder = join(pick(folders), pick(NAMES));
      await Deno.mkdir(folder, { recursive: true });
      folders.push(folder);
    }
    for (const folder of new Set(folders)) {
      for (let i = 0; i < 4; i++) {
        const path = join(folder, `${pick(NAMES)}`);
        if (!folders.includes(path)) await Deno.writeTextFile(path, "text");
      }
      if (folder !== root && random() > 0.4) continue;
      const lines = Array.from(
        { length: 1 + Math.floor(4 * random()) },
        () => pick(PATTERNS),
      );
      await Deno.writeTextFile(join(folder, ".gitignore"), lines.join("\n") + "\n");
    }
    await git(root, "init", "--quiet");
    const others = await git(root, "ls-files", "--others", "--exclude-standard", "-z");
    const wanted = others.split("\0").filter((path) => path !== "" && !/(^|\/)\./.test(path));
    // Files that are not text by name are dropped; their names stand there.
    const { pages, drops } = await readAll(root);
    const seen = [...pages, ...drops.map((drop) => drop.split(" unsupported-type")[0] ?? "")];
    assertEquals(seen.sort(), wanted.sort(), `tree ${tree} in ${root}`);
  }
});

Deno.test("what is passed over is counted once an entry; --all-files reads everything", async () => {
  const root = await scratchDir();
  await write(root, {
    ".git/config.txt": "x",
    ".hidden.md": "x",
    ".cache/deep/a.md": "x",
    "node_modules/a/b.md": "x",
    "docs/node_modules/c.md": "x",
    ".gitignore": "build/\n*.log.txt\n",
    "build/a.md": "x",
    "docs/.gitignore": "!keep.log.txt\nout\n",
    "docs/keep.log.txt": "x",
    "docs/other.log.txt": "x",
    "docs/out/a.md": "x",
    "docs/a.md": "x",
    "docs/picture.png": "\x89PNG",
    "docs/PHOTO.PNG": "\x89PNG",
    "docs/Makefile": "x",
    "run/corpus.jsonl": '{"text":"x"}\n',
  });
  await Deno.symlink("a.md", join(root, "docs/link.md"));
  const own = { except: [join(root, "run")] };
  assertEquals(await readAll(root, own), {
    pages: ["docs/a.md", "docs/keep.log.txt"],
    skipped: {
      ".git": 1,
      hidden: 4,
      node_modules: 2,
      ".gitignore": 3,
      excepted: 1,
    },
    drops: [
      "docs/Makefile unsupported-type without an ending",
      "docs/PHOTO.PNG unsupported-type .png",
      "docs/link.md unsupported-type links",
      "docs/picture.png unsupported-type .png",
    ],
  });
  const all = await readAll(root, { ...own, allFiles: true });
  assertEquals(all.skipped, { excepted: 1 });
  assertEquals(all.pages.length, 10);
  assert(all.pages.includes(".git/config.txt") && all.pages.includes("node_modules/a/b.md"));
});

Deno.test("a folder that is hidden or ignored is read where it is named itself", async () => {
  const root = await scratchDir();
  await write(root, { ".gitignore": "build\n", "build/a.md": "x", ".notes/b.md": "x" });
  for (const name of ["build", ".notes"]) {
    const { pages } = await readAll(join(root, name));
    assertEquals(pages.length, 1, name);
  }
});

Deno.test("a .gitignore that cannot be taken in is dropped, and what it names is read", async () => {
  const root = await scratchDir();
  await write(root, { "a.md": "x", ".gitignore": "a.md\n" + "#\n".repeat(2 ** 19) });
  assertEquals(await readAll(root), {
    pages: ["a.md"],
    skipped: { hidden: 1 },
    drops: [".gitignore too-large"],
  });
});

Deno.test("a reading goes on behind a cursor among what is passed over, counting nothing twice", async () => {
  const root = await scratchDir();
  await write(root, { ".gitignore": "b.md\n", "a.md": "x", "b.md": "x", "c.md": "x", ".z": "x" });
  const cursor = { files: 0, path: join(root, "a.md"), pages: 1 };
  assertEquals(await readAll(root, { cursor }), {
    pages: ["c.md"],
    skipped: { ".gitignore": 1 },
    drops: [],
  });
  // With another setting the place is another file's: all is read again.
  const all = { ...cursor, files: 1, path: join(root, "a.md") };
  assertEquals((await readAll(root, { cursor: all })).pages, ["a.md", "c.md"]);
});
