/**
 * Pages that the rules read well, as documentation is, so that the model learns not to lose them.
 *
 * @module
 */
import { annotate, type AnnotatedPage } from "./annotated_pages.ts";
import { randomOf } from "./random.ts";

/** Documentation that Debian packages install; of each folder so many pages are read. */
const FOLDERS = [
  "/usr/share/doc/sqlite3",
  "/usr/share/doc/debian/FAQ/ja",
  "/usr/share/doc/python3.11/html/library",
  "/usr/share/doc/postgresql-doc-15/html",
  "/usr/share/doc/git-doc",
  "/usr/share/doc/debian-policy/policy.html",
  "/usr/share/doc/valgrind/html",
];
const PAGES = 12;
/** Blocks of a page that count, and how much. */
const SAMPLED = 25;
const WEIGHT = 0.3;

/** Reads pages of each folder that is there, with what the rules say of their blocks as labels. */
export async function readLikes(): Promise<AnnotatedPage[]> {
  const pages: AnnotatedPage[] = [];
  const random = randomOf(11);
  for (const folder of FOLDERS) {
    for (const name of await htmlIn(folder)) {
      const body = await Deno.readFile(`${folder}/${name}`);
      const nothing = { file: name, with: [], without: [] };
      const page = annotate(`file://${folder}/${name}`, nothing, { body, engine: "fast" });
      if (page === undefined) continue;
      const { blocks } = page.content;
      const share = SAMPLED / blocks.length;
      for (const [i, block] of blocks.entries()) {
        page.labels[i] = page.ruled.has(block) ? 1 : 0;
        page.weights[i] = random() < share ? WEIGHT : 0;
      }
      pages.push(page);
    }
  }
  return pages;
}

/** Pages spread evenly over a folder's names. */
async function htmlIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".html")) names.push(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  names.sort();
  const step = Math.max(1, Math.floor(names.length / PAGES));
  return names.filter((_, i) => i % step === 0).slice(0, PAGES);
}
