/**
 * What a page says of itself in JSON-LD, by schema.org's names.
 *
 * @module
 */
/** What was declared; empty where nothing was. */
export interface LinkedData {
  readonly title: string;
  readonly author: string;
  readonly date: string;
  readonly lang: string;
  readonly license: string;
  readonly siteName: string;
  readonly tags: readonly string[];
}

/** Longer scripts are no description of one page. */
const MAX_LENGTH = 2 ** 18;
/** Things of one script that are looked at. */
const MAX_THINGS = 200;
/** Types of what a page is, of which the first is described. */
const WORK =
  /^(?:.*Article|.*Posting|Report|Recipe|Product|Book|Movie|VideoObject|.*Event|WebPage|.*Page|QAPage|Question)$/;

type Thing = Readonly<Record<string, unknown>>;
const isThing = (value: unknown): value is Thing => typeof value === "object" && value !== null;

/** Reads one script; nothing where it is no JSON. */
export function readLinkedData(json: string): LinkedData | undefined {
  if (json.length > MAX_LENGTH) return undefined;
  const parsed = parse(json);
  const things = thingsIn(parsed);
  const works = things.filter((thing) => typesOf(thing).some((type) => WORK.test(type)));
  // An article says more than the page that it is on.
  const work = works.find((thing) => "headline" in thing || "datePublished" in thing) ?? works[0];
  const site = things.find((thing) => typesOf(thing).includes("WebSite"));
  if (work === undefined && site === undefined) return undefined;
  const { headline, name, author, creator, datePublished, dateCreated, inLanguage, license } =
    work ??
      {};
  return {
    title: textOf(headline) || textOf(name),
    author: namesOf(author ?? creator, things),
    date: textOf(datePublished) || textOf(dateCreated),
    lang: textOf(inLanguage),
    license: textOf(license) || textOf(thingOf(license, things)?.["@id"]),
    siteName: namesOf(site?.name, things) || namesOf(work?.publisher, things),
    tags: tagsOf(work?.keywords),
  };
}

/** Marks around a script that hide it from browsers of old. */
const HIDING = /^(?:<!--|\/\*<!\[CDATA\[\*\/)|(?:-->|\/\*\]\]>\*\/)$/g;

function parse(json: string): unknown {
  const text = json.trim();
  try {
    return JSON.parse(
      /[\]}]$/.test(text.slice(-1)) && /^[[{]/.test(text) ? text : text.replace(HIDING, ""),
    );
  } catch (error) {
    // Pages with broken scripts declare nothing by them.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The things at the top of a script, in lists and graphs. */
function thingsIn(value: unknown): Thing[] {
  const things: Thing[] = [];
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && things.length < MAX_THINGS) {
    const next = waiting.shift();
    if (Array.isArray(next)) waiting.push(...next.slice(0, MAX_THINGS));
    else {
      if (!isThing(next)) continue;
      things.push(next);
      waiting.push(next["@graph"], next.mainEntity, next.mainEntityOfPage);
    }
  }
  return things;
}

const typesOf = ({ "@type": type }: Thing): string[] =>
  (Array.isArray(type) ? type : [type]).filter((name) => typeof name === "string");

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : Array.isArray(value) ? textOf(value[0]) : "";

/** A thing that stands there, or that a reference names. */
function thingOf(value: unknown, things: readonly Thing[]): Thing | undefined {
  if (!isThing(value) || Array.isArray(value)) return undefined;
  const { "@id": id } = value;
  if ("name" in value || id === undefined) return value;
  return things.find((other) => other["@id"] === id && "name" in other) ?? value;
}

/** Names of persons or bodies, each a text or a thing. */
function namesOf(value: unknown, things: readonly Thing[]): string {
  const all = Array.isArray(value) ? value : [value];
  const names = all.map((one) =>
    typeof one === "string" ? one : textOf(thingOf(one, things)?.name)
  );
  return Array.from(new Set(names.filter((name) => name !== ""))).join(", ");
}

/** Keywords, as a list or separated by commas. */
function tagsOf(value: unknown): string[] {
  const all = Array.isArray(value) ? value : [value];
  return all.filter((tag) => typeof tag === "string").flatMap((tag) => tag.split(","));
}
