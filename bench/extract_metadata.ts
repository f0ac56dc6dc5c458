/**
 * How well is found what pages declare of themselves, by their own JSON-LD and Open Graph: on the pages
 * as they are, and on the pages without these, from other marks alone.
 *
 * @module
 */
import { parseHTML } from "linkedom";
import { z } from "zod";
import { extractDocument } from "../stages/extract/mod.ts";
import type { Document } from "../stages/types.ts";

/** What is scored. */
const FIELDS = ["title", "author", "date", "lang", "siteName", "license", "tags"] as const;
type Field = typeof FIELDS[number];
type Truth = Partial<Record<Field, readonly string[]>>;

/** A page that declares something. */
interface Declaring {
  readonly url: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Counts, for each field, pages that declare it, and those where it was found. */
export function scoreMetadata(pages: readonly Declaring[]) {
  const score = () => ({ declared: 0, asIs: 0, without: 0, differs: 0 });
  const scores = Object.fromEntries(FIELDS.map((field) => [field, score()])) as Record<
    Field,
    ReturnType<typeof score>
  >;
  for (const { url, body } of pages) {
    const html = new TextDecoder().decode(body);
    const truth = truthOf(html);
    const asIs = found(url, html), without = found(url, undeclared(html));
    for (const field of FIELDS) {
      const wanted = truth[field];
      if (wanted === undefined) continue;
      scores[field].declared++;
      if (agrees(asIs, field, wanted)) scores[field].asIs++;
      if (agrees(without, field, wanted)) scores[field].without++;
      else if (valueOf(without, field) !== "") scores[field].differs++;
    }
  }
  return scores;
}

function found(url: string, html: string): Partial<Document> {
  const body = new TextEncoder().encode(html);
  const result = extractDocument({
    url,
    contentType: "text/html;charset=utf-8",
    body,
    fetchedAt: "",
  });
  return "reason" in result ? {} : result;
}

/** The page without its JSON-LD and its meta elements of Open Graph and articles. */
function undeclared(html: string): string {
  return html
    .replace(/<script\b[^>]*ld\+json[^]*?<\/script\s*>/gi, "")
    .replace(/<meta\b[^>]*\b(?:og|article):[a-z_]+[^>]*>/gi, "");
}

const valueOf = (document: Partial<Document>, field: Field): string =>
  String(document[field] ?? "").replace(/^und$/, "");

const plain = (text: string) =>
  text.normalize("NFKC").toLowerCase().replace(/&[a-z#0-9]+;|[^\p{L}\p{N}]+/gu, " ").trim();

const languageOf = (tag: string) => /^[a-z]*/.exec(tag.toLowerCase())?.[0];

/** Whether a value is one of those wanted: days, the first part of languages, a tag in common. */
function agrees(document: Partial<Document>, field: Field, wanted: readonly string[]): boolean {
  const value = valueOf(document, field);
  if (value === "") return false;
  if (field === "date") return wanted.some((date) => date.slice(0, 10) === value.slice(0, 10));
  if (field === "lang") return wanted.some((lang) => languageOf(lang) === languageOf(value));
  const values = field === "tags" ? (document.tags ?? []).map(plain) : [plain(value)];
  return wanted.map(plain).some((text) => text !== "" && values.includes(text));
}

const thingSchema = z.record(z.string(), z.unknown());

/** What the page says, read by a parser and rules of its own. */
function truthOf(html: string): Truth {
  const { document } = parseHTML(html);
  const said = new Map<Field, string[]>();
  const say = (field: Field, value: unknown): void => {
    if (Array.isArray(value)) value.forEach((one) => say(field, one));
    else if (typeof value === "string" && value.trim() !== "") {
      said.set(field, [...said.get(field) ?? [], value.trim()]);
    } else if (field === "author" || field === "siteName") {
      const name = thingSchema.safeParse(value).data?.name;
      if (typeof name === "string") say(field, name);
    }
  };
  const metas: Record<string, Field> = {
    "og:title": "title",
    "og:site_name": "siteName",
    "og:locale": "lang",
    "article:published_time": "date",
    "article:tag": "tags",
  };
  for (const meta of document.querySelectorAll("meta[property]")) {
    const field = metas[meta.getAttribute("property") ?? ""];
    if (field !== undefined) say(field, meta.getAttribute("content"));
  }
  const visit = (value: unknown, depth: number): void => {
    if (depth > 4) return;
    if (Array.isArray(value)) return value.forEach((one) => visit(one, depth + 1));
    const thing = thingSchema.safeParse(value).data;
    if (thing === undefined) return;
    visit(thing["@graph"], depth + 1);
    if (!/Article|Posting/.test(String(thing["@type"]))) return;
    say("title", thing.headline);
    say("author", thing.author);
    say("date", thing.datePublished);
    say("lang", thing.inLanguage);
    say("license", thing.license);
    say("siteName", thing.publisher);
    say("tags", typeof thing.keywords === "string" ? thing.keywords.split(",") : thing.keywords);
  };
  for (const script of document.querySelectorAll('script[type="application/ld+json"]')) {
    try {
      visit(JSON.parse(script.textContent ?? ""), 0);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return Object.fromEntries(said);
}
