/**
 * The scanner against parse5's tokenizer: the same tags and the same text out of markup that is
 * anything but well formed. `CLLM_PAGES` says how many pages, `CLLM_SEED`
 * repeats them.
 */
import { assertEquals } from "@std/assert";
import { ATTRIBUTE, ATTRIBUTES } from "../../../stages/extract/attribute.ts";
import { Scanner } from "../../../stages/extract/scanner.ts";
import { hostilePage } from "./hostile_html.ts";
import { tell, tokenized, type Told } from "../../tokenizer/standard_tokens.ts";

const PAGES = Number(Deno.env.get("CLLM_PAGES") ?? 2000);
const SEED = Number(Deno.env.get("CLLM_SEED") ?? 4);

const normalNewlines = (text: string) => text.replace(/\r\n?/g, "\n");

function scanned(html: string): Told {
  const told: Told = [];
  const scanner = new Scanner(html, { maxAttributes: Infinity, maxTokens: Infinity });
  const text = (start: number, end: number, isEscaped = false) =>
    tell(told, `text ${normalNewlines(scanner.read(start, end, isEscaped))}`);
  scanner.run({
    takesCdata: false,
    open({ name, content }, isSelfClosing) {
      const attributes = ATTRIBUTES.filter((attribute) => scanner.has(ATTRIBUTE[attribute]))
        .map((attribute) => [
          attribute,
          normalNewlines(scanner.attribute(ATTRIBUTE[attribute])),
        ]);
      tell(told, `<${name} ${isSelfClosing} ${JSON.stringify(attributes)}>`);
      return content;
    },
    close({ name }) {
      tell(told, `</${name}>`);
    },
    text,
    space: text,
  });
  return told;
}

Deno.test("tags, attributes and text are those of the standard's tokenizer", () => {
  const cases = [
    "<script><!--<script></script>--></script>x",
    "<script><!--<script></script></script>x",
    "<script><!--></script>x",
    "<script><!-- </script>x",
    "<title>a &amp; <b></title x=y>z",
    "<style></styl></style",
    "a<b",
    "a</",
    "<p class=a class=b ID='x&amp;y&lt=z'>",
    "<p\rclass\n=\r\n'a\r\nb'>",
    "<!---->a<!--->b<!-->c<!---!>d--!>e<!--",
    "<plaintext></plaintext><p>",
    "<\u{130}p>",
    "<p\u00a0>",
    "<a\u212a>",
  ];
  for (const html of cases) assertEquals(scanned(html), tokenized(html), html);
});

Deno.test(`the same on ${PAGES} hostile pages (CLLM_SEED=${SEED})`, () => {
  for (let index = 0; index < PAGES; index++) {
    const html = hostilePage(SEED, index);
    assertEquals(scanned(html), tokenized(html), `page ${index}: ${JSON.stringify(html)}`);
  }
});
