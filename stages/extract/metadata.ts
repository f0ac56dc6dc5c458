/**
 * What a page says about itself, in the elements of its head and around its text.
 *
 * @module
 */

/** What a page declares; empty where it does not. */
export interface Metadata {
  readonly title: string;
  readonly author: string;
  /** ISO 8601 day or instant. */
  readonly date: string;
  /** BCP 47 tag, `und` when unknown. */
  readonly lang: string;
  readonly description: string;
}

type Field = "title" | "author" | "date" | "lang" | "description";

/**
 * Names of meta elements by what they tell, the most telling first: HTML standard, Open Graph,
 * Dublin Core, Google Scholar.
 */
const NAMES: Readonly<Record<Field, readonly string[]>> = {
  title: ["og:title", "dc.title", "citation_title"],
  author: ["author", "article:author", "dc.creator", "dcterms.creator", "citation_author"],
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
};

const FIELDS = new Map<string, { field: Field; rank: number }>(
  (Object.keys(NAMES) as Field[]).flatMap((field) =>
    NAMES[field].map((name, rank) => [name, { field, rank }] as const)
  ),
);

/** Longer declarations are cut: a title is no place for a book. */
const MAX_LENGTH = 2000;

/** No language tag is longer; V8 takes quadratic time to refuse one (RFC 5646, section 4.4.1). */
const MAX_TAG_LENGTH = 100;

/** White space collapsed, without NULs, in Unicode normalization form C. */
export function oneLine(text: string): string {
  const cut = text.slice(0, MAX_LENGTH).replaceAll("\0", "");
  return cut.replace(/\s+/g, " ").trim().normalize("NFC");
}

/** A BCP 47 tag in the spelling of RFC 5646, or `und` when there is none. */
export function languageTag(declared: string): string {
  const tag = declared.trim();
  if (tag === "" || tag.length > MAX_TAG_LENGTH) return "und";
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

  /** A meta element: its `name`, `property`, `itemprop` or `http-equiv`, and its content. */
  meta(name: string, content: string): void {
    const known = FIELDS.get(name.trim().toLowerCase());
    const text = oneLine(content);
    if (known === undefined || text === "") return;
    const { field, rank } = known;
    if (field === "date" && isoDate(text) === "") return;
    if (rank < (this.#found.get(field)?.rank ?? Infinity)) this.#found.set(field, { text, rank });
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
    return {
      title: this.#title || text("title") || this.#heading,
      author: text("author") || this.#rel,
      date: isoDate(text("date")) || this.#time,
      lang: languageTag(this.#lang || text("lang")),
      description: text("description"),
    };
  }
}
