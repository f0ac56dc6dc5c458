/**
 * The `fast` engine: one pass over the tokens of a page, in time and memory that grow with its
 * length and nothing else. No tree is built: an element costs one small record, and text is cut
 * into blocks as it goes by.
 *
 * @module
 */
import { Tokenizer } from "htmlparser2";
import { CELL_END, makeBlock, textBlocks, visibleLength } from "./block.ts";
import type { MarkupLimits } from "./bomb.ts";
import type { Content } from "./content.ts";
import { MetadataReader } from "./metadata.ts";
import {
  clearNames,
  isLeftOut,
  type OpenElement,
  OpenElements,
  type PlacedBlock,
  scoredRoot,
  shapeOf,
  type Suspicion,
} from "./open_elements.ts";
import {
  BLOCK,
  CELL,
  HEAD,
  hides,
  isNamedSurrounding,
  SURROUNDING,
  SURROUNDING_ROLES,
  UNREAD,
  VOID,
} from "./tags.ts";

/** Attributes that decide anything here; all others are passed over. */
const READ_ATTRIBUTES = new Set(
  "aria-hidden class content datetime hidden http-equiv id itemprop lang name property rel role style"
    .split(" "),
);

/** Start tags and pieces of text in one page, at some two microseconds each. */
const MAX_TOKENS = 1_000_000;

type Attributes = Record<string, string>;
const NO_ATTRIBUTES: Attributes = Object.freeze({});

function suspicionOf(name: string, attributes: Attributes): Suspicion {
  if (SURROUNDING.has(name)) return "surrounding";
  if (attributes === NO_ATTRIBUTES) return "none";
  const { role = "", style = "", class: classes = "", id = "" } = attributes;
  const isHidden = "hidden" in attributes || attributes["aria-hidden"] === "true" ||
    (style !== "" && hides(style));
  if (isHidden || SURROUNDING_ROLES.has(role)) return "surrounding";
  return (classes !== "" || id !== "") && isNamedSurrounding(classes, id) ? "named" : "none";
}

/**
 * Reads a page in one pass.
 *
 * @returns its content, or the limit that its markup breaks
 */
export function readFast(
  html: string,
  { maxDepth, maxAttributes }: MarkupLimits,
): Content | string {
  const blocks: PlacedBlock[] = [];
  const metadata = new MetadataReader();
  const mains: OpenElement[] = [];
  const articles: OpenElement[] = [];
  const elements = new OpenElements(ended);
  let bomb: string | undefined;
  let text = "";
  let linkCharacters = 0;
  let links = 0;
  /** The outermost open element whose content is not read. */
  let unread: OpenElement | undefined;
  /** What is gathered of an element that tells metadata: its title, heading or byline. */
  let told: { element: OpenElement; text: string } | undefined;
  /** An inline element under suspicion inside a block, and what came before it. */
  let aside: { element: OpenElement; length: number; linkCharacters: number } | undefined;
  let pre: OpenElement | undefined;
  let tokens = 0;
  let name = "";
  let attributes: Attributes = NO_ATTRIBUTES;
  let attributeCount = 0;
  let attributeName = "";
  let attributeValue = "";

  function flush(holder: OpenElement | undefined, suspect = holder?.suspect): void {
    if (text === "" || holder === undefined) return;
    if (aside !== undefined && aside.length < text.length) {
      // The block ends inside an aside: what came before it is a block of its own.
      const [rest, restLinks] = [text.slice(aside.length), linkCharacters - aside.linkCharacters];
      const { element } = aside;
      [text, linkCharacters, aside] = [
        text.slice(0, aside.length),
        aside.linkCharacters,
        undefined,
      ];
      flush(holder, element.parent?.suspect);
      [text, linkCharacters] = [rest, restLinks];
    }
    const block = makeBlock(text, { ...shapeOf(holder), linkCharacters });
    if (block !== undefined) blocks.push({ ...block, holder, suspect });
    text = "";
    linkCharacters = 0;
  }

  /** The element that holds text met now. */
  function holder(): OpenElement | undefined {
    if (pre !== undefined) return pre;
    let at = elements.top;
    while (at !== undefined && !at.isBlock) at = at.parent;
    return at ?? elements.top;
  }

  function ended(element: OpenElement): void {
    if (told?.element === element) {
      if (element.name === "title") metadata.title(told.text);
      else if (element.name === "h1") metadata.heading(told.text);
      else metadata.byline(told.text);
      told = undefined;
    }
    if (unread !== undefined) {
      if (unread === element) unread = undefined;
      element.endBlock = blocks.length;
      return;
    }
    if (aside?.element === element) {
      if (element.suspicion !== "none") {
        text = text.slice(0, aside.length);
        linkCharacters = aside.linkCharacters;
      }
      aside = undefined;
    }
    if (pre === element || (element.isBlock && pre === undefined)) flush(element);
    if (pre === element) pre = undefined;
    if (element.name === "a") links--;
    element.endBlock = blocks.length;
  }

  function started(): void {
    count();
    if (elements.top?.name === "head" && !HEAD.has(name)) elements.close("head");
    if (name === "meta") {
      const { name: of, property, itemprop, "http-equiv": equiv, content = "" } = attributes;
      metadata.meta(of ?? property ?? itemprop ?? equiv ?? "", content);
    }
    if (name === "time" && attributes.datetime) metadata.time(attributes.datetime);
    if (name === "br" && unread === undefined) text += "\n";
    if (VOID.has(name)) {
      if (name === "hr" && pre === undefined && unread === undefined) flush(holder());
      return;
    }
    elements.endFor(name);
    if (name === "html" || name === "body") {
      metadata.lang(attributes.lang ?? "");
      // Written twice, the first one counts.
      if (elements.has(name)) return;
    }
    if (name === "a" && elements.has("a")) elements.close("a");
    const suspicion = suspicionOf(name, attributes);
    const isBlock = pre === undefined && unread === undefined && BLOCK.has(name);
    if (isBlock) flush(holder());
    const element = elements.open(name, { suspicion, blocks: blocks.length });
    if (elements.depth > maxDepth) stop(`elements nest deeper than ${maxDepth}`);
    const tells = name === "title" || name === "h1" || attributes.rel === "author" ||
      attributes.itemprop === "author";
    if (tells && told === undefined && (name !== "title" || !elements.has("svg"))) {
      told = { element, text: "" };
    }
    if (unread !== undefined) return;
    if (UNREAD.has(name)) {
      unread = element;
      return;
    }
    if (CELL.has(name)) text += CELL_END;
    if (name === "a") links++;
    if (name === "pre") pre ??= element;
    if (name === "li" && element.parent && element.parent.items >= 0) element.parent.items++;
    if (name === "main" || attributes.role === "main") mains.push(element);
    if (name === "article") articles.push(element);
    if (name === "main" || name === "article" || name === "body") clearNames(element);
    if (element.suspicion !== "none" && !isBlock && aside === undefined) {
      aside = { element, length: text.length, linkCharacters };
    }
  }

  function say(piece: string): void {
    count();
    if (told !== undefined && told.text.length < 4000) told.text += piece;
    if (unread !== undefined) return;
    if (elements.depth === 0) elements.open("body", { suspicion: "none", blocks: blocks.length });
    text += piece;
    if (links > 0) linkCharacters += visibleLength(piece);
  }

  function count(): void {
    if (++tokens > MAX_TOKENS) {
      stop(`there are more than ${MAX_TOKENS} elements and pieces of text`);
    }
  }

  function stop(limit: string): void {
    bomb ??= limit;
    tokenizer.pause();
  }

  function openTagEnd(): void {
    started();
    attributes = NO_ATTRIBUTES;
    attributeCount = 0;
  }

  const tokenizer = new Tokenizer({ xmlMode: false, decodeEntities: true }, {
    ontext(start, end) {
      say(html.slice(start, end));
    },
    ontextentity(codepoint) {
      say(String.fromCodePoint(codepoint));
    },
    onopentagname(start, end) {
      name = html.slice(start, end).toLowerCase();
    },
    onopentagend: openTagEnd,
    onselfclosingtag: openTagEnd,
    onclosetag(start, end) {
      const closed = html.slice(start, end).toLowerCase();
      if (closed === "br") {
        if (unread === undefined) text += "\n";
      } else if (closed !== "body" && closed !== "html") elements.close(closed);
    },
    onattribname(start, end) {
      if (++attributeCount > maxAttributes) {
        stop(`an element has more than ${maxAttributes} attributes`);
      }
      const found = html.slice(start, end).toLowerCase();
      attributeName = READ_ATTRIBUTES.has(found) ? found : "";
      attributeValue = "";
    },
    onattribdata(start, end) {
      if (attributeName !== "") attributeValue += html.slice(start, end);
    },
    onattribentity(codepoint) {
      if (attributeName !== "") attributeValue += String.fromCodePoint(codepoint);
    },
    onattribend() {
      if (attributeName === "") return;
      if (attributes === NO_ATTRIBUTES) attributes = {};
      attributes[attributeName] ??= attributeValue;
    },
    oncdata() {},
    oncomment() {},
    ondeclaration() {},
    onprocessinginstruction() {},
    onend() {},
  });
  tokenizer.write(html);
  if (bomb !== undefined) return bomb;
  tokenizer.end();
  flush(holder());
  elements.closeAll();
  return { ...metadata.read(), blocks: chooseBlocks(blocks, { mains, articles }) };
}

/** The blocks of the main text: under the author's own mark, else where most of the text stands. */
function chooseBlocks(
  blocks: readonly PlacedBlock[],
  { mains, articles }: { mains: readonly OpenElement[]; articles: readonly OpenElement[] },
): PlacedBlock[] {
  const declared = mains.length === 1 ? mains[0] : articles.length === 1 ? articles[0] : undefined;
  const root = declared ?? scoredRoot(blocks.filter((block) => !isLeftOut(block, undefined)));
  const under = root === undefined ? blocks : blocks.slice(root.firstBlock, root.endBlock);
  return textBlocks(under.filter((block) => !isLeftOut(block, root)));
}
