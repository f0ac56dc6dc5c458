/** Pages as parse5's tokenizer reads them, which passes html5lib's tests. */
import { Tokenizer, TokenizerMode } from "parse5";
import { ATTRIBUTES } from "../../stages/extract/attribute.ts";
import { CONTENT_MODELS } from "../../stages/extract/tags.ts";

/** What a page is made of, text in one piece between two tags. */
export type Told = string[];

/** Adds a token. */
export function tell(told: Told, token: string): void {
  const last = told.at(-1);
  if (token.startsWith("text ") && last?.startsWith("text ")) {
    told[told.length - 1] = last + token.slice(5);
  } else told.push(token);
}

const MODES = {
  escapable: TokenizerMode.RCDATA,
  raw: TokenizerMode.RAWTEXT,
  script: TokenizerMode.SCRIPT_DATA,
  plain: TokenizerMode.PLAINTEXT,
  markup: TokenizerMode.DATA,
};

/** The tags with the attributes that we know, and the text, as `text ...`. */
export function tokenized(html: string): Told {
  const told: Told = [];
  const text = ({ chars }: { chars: string }) => tell(told, `text ${chars}`);
  const tokenizer = new Tokenizer({}, {
    onStartTag({ tagName, selfClosing, attrs }) {
      const attributes = ATTRIBUTES.flatMap((name) =>
        attrs.filter((attribute) => attribute.name === name).map(({ value }) => [name, value])
      );
      tell(told, `<${tagName} ${selfClosing} ${JSON.stringify(attributes)}>`);
      tokenizer.state = MODES[CONTENT_MODELS.get(tagName) ?? "markup"];
    },
    onEndTag: ({ tagName }) => tell(told, `</${tagName}>`),
    onCharacter: text,
    onWhitespaceCharacter: text,
    onNullCharacter: text,
    onComment() {},
    onDoctype() {},
    onEof() {},
  });
  tokenizer.write(html, true);
  return told;
}
