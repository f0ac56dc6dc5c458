/**
 * The sample site's pages as HTML: real content with the usual boilerplate around it.
 *
 * @module
 */
import type { Address, Catalog } from "./catalog.ts";

/** A page's title and the inside of its body's content area. */
interface Content {
  readonly title: string;
  readonly main: string;
  /** Trail from the home page, as `[label, path]`. */
  readonly trail: readonly Link[];
}

type Link = readonly [label: string, path: string];

/** Paragraphs end at the first sentence past this many characters. */
const PARAGRAPH_LENGTH = 600;

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as HTML. */
const escape = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");

const anchor = ([label, path]: Link) => `<a href="${escape(path)}">${escape(label)}</a>`;
const list = (links: readonly Link[]) =>
  `<ul>\n${links.map((link) => `<li>${anchor(link)}</li>`).join("\n")}\n</ul>`;

/** Splits a text at sentence ends; only ever at white space, so that joining restores it. */
function paragraphs(text: string): string[] {
  const found: string[] = [];
  let paragraph = "";
  for (const { segment } of new Intl.Segmenter("en", { granularity: "sentence" }).segment(text)) {
    paragraph += segment;
    if (paragraph.length >= PARAGRAPH_LENGTH && /\s$/.test(segment)) {
      found.push(paragraph.trim());
      paragraph = "";
    }
  }
  if (paragraph.trim() !== "") found.push(paragraph.trim());
  return found;
}

const centuryOf = ({ year }: Address) => Math.floor(year / 100) + 1;
const decadeOf = ({ year }: Address) => `${Math.floor(year / 10)}0s`;
const ordinal = (n: number) => `${n}${n === 21 ? "st" : "th"}`;
const centuryLink = (n: number): Link => [`${ordinal(n)} century`, `/centuries/${n}`];
const decadeLink = (decade: string): Link => [decade, `/decades/${decade}`];
const presidentLink = (name: string): Link => [
  name,
  `/presidents/${name.toLowerCase().replace(/[^a-z]+/g, "-")}`,
];
const addressLink = ({ year, president, path }: Address): Link => [`${year}, ${president}`, path];

/** Renders the page at a path; `undefined` where there is none. */
export type RenderPage = (path: string) => Promise<string | undefined>;

/** The site's pages over a catalog: every path and its page. */
export function samplePages(
  catalog: Catalog,
): { readonly paths: readonly string[]; readonly render: RenderPage } {
  const { addresses, source } = catalog;
  const unique = <T>(values: readonly T[]) => [...new Set(values)];
  const centuries = unique(addresses.map(centuryOf));
  const presidents = unique(addresses.map(({ president }) => president));
  // Centuries come before presidents, so that a breadth-first crawl reaches the addresses by year.
  const navigation: readonly Link[] = [
    ["Home", "/"],
    ...centuries.map(centuryLink),
    ["Presidents", "/presidents"],
    ["Drafts", "/drafts/"],
    ["About", "/about"],
  ];
  const pages = new Map<string, () => Content | Promise<Content>>();

  function addIndex([title, path]: Link, { links, trail = [["Home", "/"]] }: {
    links: readonly Link[];
    trail?: readonly Link[];
  }): void {
    pages.set(path, () => ({ title, trail, main: `<h1>${escape(title)}</h1>\n${list(links)}` }));
  }

  addIndex(["Addresses to Congress", "/"], { links: centuries.map(centuryLink), trail: [] });
  for (const century of centuries) {
    const within = addresses.filter((address) => centuryOf(address) === century);
    addIndex(centuryLink(century), { links: unique(within.map(decadeOf)).map(decadeLink) });
  }
  for (const decade of unique(addresses.map(decadeOf))) {
    const within = addresses.filter((address) => decadeOf(address) === decade);
    addIndex(decadeLink(decade), { links: within.map(addressLink) });
  }
  addIndex(["Presidents", "/presidents"], { links: presidents.map(presidentLink) });
  for (const name of presidents) {
    const own = addresses.filter(({ president }) => president === name);
    addIndex(presidentLink(name), { links: own.map(addressLink) });
  }
  addIndex(["Drafts", "/drafts/"], { links: [["First draft", "/drafts/first"]] });
  addIndex(["About", "/about"], { links: [["Where the texts come from", "/"]] });

  addresses.forEach((address, at) => {
    const previous = addresses[at - 1];
    const next = addresses[at + 1];
    pages.set(address.path, async () => {
      const { text, party } = await catalog.read(address);
      const related = addresses.filter((other) =>
        other !== address && other.president === address.president
      );
      const body = paragraphs(text).map((paragraph) => `<p>${escape(paragraph)}</p>`).join("\n");
      const steps = [
        ...previous === undefined
          ? []
          : [`<span class="prev">${anchor(addressLink(previous))}</span>`],
        ...next === undefined ? [] : [`<span class="next">${anchor(addressLink(next))}</span>`],
      ];
      return {
        title: `State of the Union ${address.year}: ${address.president}`,
        trail: [
          ["Home", "/"],
          centuryLink(centuryOf(address)),
          decadeLink(decadeOf(address)),
        ],
        main: `<article>
<header>
<h1>State of the Union ${address.year}</h1>
<p class="byline">${escape(address.president)} (${escape(party)})</p>
</header>
${body}
</article>
<div class="pager">${steps.join("\n")}</div>
<div class="related-box">
<h2>Related addresses</h2>
${list(related.slice(0, 5).map(addressLink))}
</div>`,
      };
    });
  });

  const layout = ({ title, main, trail }: Content) =>
    `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="description" content="${escape(title)}, from a collection of addresses to Congress">
<title>${escape(title)}</title>
<style>body { max-width: 40em; margin: auto }</style>
</head>
<body>
<header><p>Union Archive: all annual messages in one place</p></header>
<nav aria-label="Main">${list(navigation)}</nav>
<div class="breadcrumb">${trail.map(anchor).join(" / ")}</div>
<main>
${main}
</main>
<aside><h2>Newsletter</h2><p>Subscribe to hear when the next address is published.</p></aside>
<footer><p>Texts in the public domain, from ${escape(source)}. Cookie settings.</p></footer>
<script>document.documentElement.dataset.ready = "yes";</script>
</body>
</html>
`;
  return {
    paths: [...pages.keys()],
    render: async (path) => {
      const content = await pages.get(path)?.();
      return content === undefined ? undefined : layout(content);
    },
  };
}
