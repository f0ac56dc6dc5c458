/**
 * Manuals that Debian packages install, and what of each page is prose and what navigation by the
 * markup of its own generator, read with a parser that the project's engines do not use.
 */
import { parseHTML } from "linkedom";
import type { Page } from "../../../stages/types.ts";

/** A manual, and where its generator puts what. */
export interface Manual {
  readonly folder: string;
  /** Selectors of menus, headers and footers. */
  readonly around: string;
  /** Selectors of lists of contents, which are neither. */
  readonly contents: string;
  /** Sentences that are lost: a licence, and sentences that are mostly links. */
  readonly lost: number;
}

export const MANUALS: readonly Manual[] = [
  {
    folder: "/usr/share/debian-reference",
    around: ".navheader, .navfooter",
    contents: ".toc",
    lost: 0,
  },
  {
    folder: "/usr/share/doc/debian-policy/policy.html",
    around: ".sphinxsidebar, .related, .footer",
    contents: ".toctree-wrapper, .headerlink",
    lost: 0,
  },
  {
    folder: "/usr/share/doc/installation-guide-amd64/en",
    around: ".navheader, .navfooter",
    contents: ".toc",
    lost: 2,
  },
  {
    folder: "/usr/share/developers-reference",
    around: ".sphinxsidebar, .related, .footer",
    contents: ".toctree-wrapper, .headerlink",
    lost: 0,
  },
  {
    folder: "/usr/share/doc/git-doc",
    around: "#footer, #header + #never",
    contents: "#toc",
    lost: 3,
  },
  {
    folder: "/usr/share/doc/sqlite3",
    around: ".menu, .searchmenu, .tagline, body > p:last-child",
    contents: ".fancy_toc, .toct1, .columns",
    lost: 10,
  },
];

/** Pages of a manual in English, by name. */
export function pagesOf({ folder }: Manual): Page[] {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".html") && !/\.(?!en\.)[a-z-]+\.html$/.test(name)).sort();
  return names.map((name) => ({
    url: `file://${folder}/${name}`,
    contentType: "text/html",
    body: Deno.readFileSync(`${folder}/${name}`),
    fetchedAt: "",
  }));
}

export const evenSpace = (text: string): string => text.replace(/\s+/g, " ").trim();

/** Sentences of a page's paragraphs, and texts of its navigation that are nowhere in its prose. */
export function partsOf(
  body: Uint8Array,
  { around, contents }: Manual,
): { sentences: string[]; navigation: string[] } {
  const { document } = parseHTML(new TextDecoder().decode(body));
  for (const unread of document.querySelectorAll("noscript, script, style")) unread.remove();
  const navigation = new Set<string>();
  for (const element of document.querySelectorAll(around)) {
    for (const leaf of element.querySelectorAll("a, td, th, li, p, h3, h4, div")) {
      const text = evenSpace(leaf.textContent ?? "");
      if (text !== "" && leaf.querySelector("td, li, p, div") === null) navigation.add(text);
    }
    element.remove();
  }
  const rest = evenSpace(document.body.textContent ?? "");
  for (const list of document.querySelectorAll(contents)) list.remove();
  const sentences = Array.from(document.querySelectorAll("p")).flatMap((paragraph) => {
    const text = evenSpace(paragraph.textContent ?? "");
    if (paragraph.querySelector("p, div, blockquote, ul, ol, table, pre") !== null) return [];
    return text.length < 60
      ? []
      : text.split(/(?<=[.!?]) (?=[A-Z])/).filter((sentence) =>
        /^[A-Z][^[]{39,}[.!?]$/.test(sentence)
      );
  });
  return { sentences, navigation: [...navigation].filter((text) => !rest.includes(text)) };
}
