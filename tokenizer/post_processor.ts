/**
 * The post-processor of a tokenizer.json: the tokens it adds before a text.
 *
 * @module
 */

/**
 * The ids that `value` puts first. Tokens after the text, and other processors that add any, are not
 * supported.
 *
 * @throws {SyntaxError} naming what is not supported
 */
export function parsePostProcessor(value: unknown): number[] {
  if (value === null || value === undefined) return [];
  const { type, ...rest } = asRecord(value);
  switch (type) {
    case "ByteLevel":
      return [];
    case "Sequence":
      // Each processor wraps the output of those before it.
      return asList(rest.processors).map(parsePostProcessor).reverse().flat();
    case "TemplateProcessing":
      return templateIds(rest);
    default:
      throw unsupported(`its type is ${JSON.stringify(type)}`);
  }
}

/** Ids of a template: special tokens, and then the text. */
function templateIds({ single, special_tokens }: Record<string, unknown>): number[] {
  const pieces = asList(single).map(asRecord);
  const [text, ...after] = pieces.splice(pieces.findIndex(({ Sequence }) => Sequence));
  if (text === undefined || after.length > 0) throw unsupported("it adds tokens after the text");
  const known = asRecord(special_tokens ?? {});
  return pieces.flatMap(({ SpecialToken }) => {
    const { id } = asRecord(SpecialToken);
    const ids = asList(asRecord(known[String(id)]).ids);
    return ids.map((each) => {
      if (typeof each === "number" && Number.isInteger(each) && each >= 0) return each;
      throw unsupported(`the ids of ${JSON.stringify(id)} are not token ids`);
    });
  });
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw unsupported("it is broken");
  return value as Record<string, unknown>;
}

function asList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw unsupported("it is broken");
  return value;
}

const unsupported = (reason: string) =>
  new SyntaxError(`post_processor is not supported: ${reason}`);

/** The post-processor that puts `tokens` before a text; null for none. */
export function formatPostProcessor(
  tokens: readonly { readonly id: number; readonly content: string }[],
): object | null {
  if (tokens.length === 0) return null;
  const sequence = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const special = tokens.map(({ content }) => ({ SpecialToken: { id: content, type_id: 0 } }));
  return {
    type: "TemplateProcessing",
    single: [...special, sequence("A", 0)],
    pair: [...special, sequence("A", 0), sequence("B", 1)],
    special_tokens: Object.fromEntries(
      tokens.map(({ id, content }) => [content, { id: content, ids: [id], tokens: [content] }]),
    ),
  };
}
