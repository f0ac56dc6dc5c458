/**
 * What a page says about itself, in the elements of its head and around its text.
 *
 * @module
 */
import { readLinkedData } from "./json_ld.ts";

/** What a page declares; empty where it does not. */
export interface Metadata {
  readonly title: string;
  /** The title with what the title element adds to it, by which blocks are judged. */
  readonly fullTitle: string;
  readonly author: string;
  /** ISO 8601 day or instant. */
  readonly date: string;
  /** BCP 47 tag, `und` when unknown. */
  readonly lang: string;
  readonly description: string;
  readonly siteName: string;
  /** An address or a name. */
  readonly license: string;
  readonly tags: readonly string[];
}

type Field = "title" | "author" | "date" | "lang" | "description" | "siteName" | "license";

/**
 * Names of meta elements by what they tell, the most telling first: HTML standard, Open Graph,
 * Dublin Core, Google Scholar.
 */
const NAMES: Readonly<Record<Field, readonly string[]>> = {
  title: ["og:title", "dc.title", "citation_title"],
  author: ["author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "byl"],
  date: [
    "article:published_time",
    "datepublished",
    "dcterms.issued",
    "dcterms.date",
    "dc.date",
    "citation_publication_date",
    "date",
    "pubdate",
  ],
  lang: ["content-language", "og:locale", "dc.language"],
  description: ["description", "og:description", "dc.description", "dcterms.description"],
  siteName: ["og:site_name", "application-name", "dc.publisher", "citation_journal_title"],
  license: ["dcterms.license", "dc.license", "license", "dc.rights"],
};

/** Those of tags: one each, or several separated by commas. */
const TAG_NAMES: ReadonlySet<string> = new Set(["article:tag", "keywords", "news_keywords"]);
const MAX_TAGS = 50;
const MAX_TAG = 100;
/** JSON-LD is written for the page at hand, meta elements often for a whole site. */
const LINKED_RANK = -1;
const ADDRESS = /^https?:/i;
/** What stands between a page's title and its site's name. */
const DIVIDER = /^\s*[-–—|·»«•/<>]+\s+|^\s+[-–—|·»«•/<>]+\s*/;

const FIELDS = new Map<string, { field: Field; rank: number }>(
  (Object.keys(NAMES) as Field[]).flatMap((field) =>
    NAMES[field].map((name, rank) => [name, { field, rank }] as const)
  ),
);

/** Longer declarations are cut: a title is no place for a book. */
const MAX_LENGTH = 2000;

/** No language tag is longer; V8 takes quadratic time to refuse one (RFC 5646, section 4.4.1). */
const MAX_TAG_LENGTH = 100;

/** Whether a script of this type is JSON-LD. */
export const isLinkedData = (type: string): boolean =>
  /^\s*application\/ld\+json\s*(?:;|$)/i.test(type);

/** Whether a link of this relation leads to the page's licence. */
export const isLicense = (rel: string): boolean => /(?:^|\s)license(?:\s|$)/i.test(rel);

/** White space collapsed, without NULs, in Unicode normalization form C. */
export function oneLine(text: string): string {
  const cut = text.slice(0, MAX_LENGTH).replaceAll("\0", "");
  return cut.replace(/\s+/g, " ").trim().normalize("NFC");
}

/** A BCP 47 tag in the spelling of RFC 5646, or `und` when there is none. */
export function languageTag(declared: string): string {
  const tag = declared.trim();
  if (tag === "" || tag.length > MAX_TAG_LENGTH) return "und";
  const known = CANONICAL.get(tag);
  if (known !== undefined) return known;
  const canonical = canonicalTag(tag);
  if (CANONICAL.size < MAX_CANONICAL && tag.length <= MAX_COPIED) CANONICAL.set(tag, canonical);
  return canonical;
}

/** Pages declare the same few languages. */
const CANONICAL = new Map<string, string>();
const MAX_CANONICAL = 200;
/** A longer piece of a page keeps all of it in memory. */
const MAX_COPIED = 12;

function canonicalTag(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll("_", "-"))[0] ?? "und";
  } catch (error) {
    if (error instanceof RangeError) return "und";
    throw error;
  }
}

/** The ISO 8601 day or instant that `text` begins with, else nothing. */
function isoDate(text: string): string {
  const found =
    /^\s*(\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?)/i
      .exec(text)?.[1];
  return found !== undefined && !Number.isNaN(Date.parse(found)) ? found.replace(" ", "T") : "";
}

/** Gathers declarations as they are met; the most telling wins, of equals the first. */
export class MetadataReader {
  readonly #found = new Map<Field, { text: string; rank: number }>();
  #title = "";
  #heading = "";
  #time = "";
  #lang = "";
  #rel = "";
  #license = "";
  readonly #tags = new Set<string>();

  /** A meta element: its `name`, `property`, `itemprop` or `http-equiv`, and its content. */
  meta(name: string, content: string): void {
    const small = name.trim().toLowerCase();
    if (TAG_NAMES.has(small)) this.#addTags(content.split(/[,;]/));
    const known = FIELDS.get(small);
    if (known !== undefined) this.#note(known.field, content, known.rank);
  }

  /** A script of JSON-LD. */
  linked(json: string): void {
    const found = readLinkedData(json);
    if (found === undefined) return;
    const { tags, ...texts } = found;
    for (const field of Object.keys(texts) as (keyof typeof texts)[]) {
      // The meta elements of Open Graph name the page and its site as readers know them.
      const isSaidBetter = field === "title" || field === "siteName";
      this.#note(field, texts[field], isSaidBetter ? 0.5 : LINKED_RANK);
    }
    this.#addTags(tags);
  }

  /** Where a link with `rel=license` leads. */
  license(address: string): void {
    this.#license ||= oneLine(address);
  }

  #addTags(tags: readonly string[]): void {
    for (const tag of tags) {
      const text = oneLine(tag);
      const isTag = text !== "" && text.length <= MAX_TAG;
      if (isTag && this.#tags.size < MAX_TAGS) this.#tags.add(text);
    }
  }

  #note(field: Field, content: string, rank: number): void {
    if (rank >= (this.#found.get(field)?.rank ?? Infinity)) return;
    const text = oneLine(content);
    if (text === "" || (field === "date" && isoDate(text) === "")) return;
    if (field === "author" && ADDRESS.test(text)) return;
    this.#found.set(field, { text, rank });
  }

  /** The text of the title element. */
  title(text: string): void {
    this.#title ||= oneLine(text);
  }

  /** The text of the first heading. */
  heading(text: string): void {
    this.#heading ||= oneLine(text);
  }

  /** The `datetime` of a time element. */
  time(datetime: string): void {
    this.#time ||= isoDate(datetime);
  }

  /** The `lang` of the root element. */
  lang(tag: string): void {
    this.#lang ||= tag;
  }

  /** The text of a link with `rel=author`, or of what is marked as the author's name. */
  byline(text: string): void {
    this.#rel ||= oneLine(text).replace(/^by\s+/i, "");
  }

  /** All that was declared. */
  read(): Metadata {
    const text = (field: Field) => this.#found.get(field)?.text ?? "";
    const siteName = text("siteName");
    const told = { declared: text("title"), heading: this.#heading, siteName };
    return {
      fullTitle: this.#title || told.declared || this.#heading,
      title: titleOf(this.#title, told),
      author: text("author") || this.#rel,
      date: isoDate(text("date")) || this.#time,
      lang: languageTag(this.#lang || text("lang")),
      description: text("description"),
      siteName,
      license: text("license") || this.#license,
      tags: Array.from(this.#tags),
    };
  }
}

/** The title of a page without what its title element adds to it: the name of the site, a section. */
function titleOf(
  title: string,
  { declared, heading, siteName }: { declared: string; heading: string; siteName: string },
): string {
  if (title === "") return declared || heading;
  // Said twice, in the head and above the text.
  if (declared !== "" && declared === heading) return declared;
  for (const part of [declared, heading]) {
    if (part === "" || part === siteName || !title.startsWith(part)) continue;
    const rest = title.slice(part.length);
    if (rest === "" || DIVIDER.test(rest)) return part;
  }
  if (siteName !== "" && title.endsWith(siteName) && title !== siteName) {
    const reversed = Array.from(title.slice(0, -siteName.length)).reverse().join("");
    const rest = reversed.replace(DIVIDER, "");
    if (rest !== reversed && rest !== "") return Array.from(rest).reverse().join("").trim();
  }
  return title;
}
