/**
 * Text to token ids and back in steps, with what `TextCodec.encode` and `decodeIds` give.
 *
 * @module
 */
import type { TextCodec } from "./text_codec.ts";
import type { Steps } from "./turns.ts";

/** Characters, or ids, of one step. */
const PER_STEP = 2048;

/** The ids of a text. With `allowSpecial`, the text of a special token is that token. */
export function* encodeSteps(
  codec: TextCodec,
  text: string,
  { allowSpecial = false, addPrefix = false }: { allowSpecial?: boolean; addPrefix?: boolean } = {},
): Steps<number[]> {
  if (text.length <= PER_STEP || !codec.encodeStream) {
    return Array.from(codec.encode(text, { allowSpecial, addPrefix }));
  }
  const ids = addPrefix ? [...codec.prefixIds ?? []] : [];
  const specials = allowSpecial ? specialsOf(codec) : undefined;
  let from = 0;
  for (let found = 1; from < text.length; found++) {
    if (specials?.pattern) specials.pattern.lastIndex = from;
    const special = specials?.pattern?.exec(text);
    const end = special?.index ?? text.length;
    if (end > from) yield* encodeOrdinary(codec, text.slice(from, end), ids);
    if (found % PER_STEP === 0) yield;
    if (!special) break;
    const id = specials?.ids.get(special[0]);
    if (id !== undefined) ids.push(id);
    from = special.index + special[0].length;
  }
  return ids;
}

function* encodeOrdinary(codec: TextCodec, text: string, ids: number[]): Steps<void> {
  const stream = codec.encodeStream?.();
  const add = (found: ArrayLike<number> = []) => {
    for (let i = 0; i < found.length; i++) ids.push(found[i] as number);
  };
  for (let at = 0; at < text.length; at += PER_STEP) {
    add(stream?.push(text.slice(at, at + PER_STEP)));
    yield;
  }
  add(stream?.flush());
}

/** The text of ids; those that end inside a character give U+FFFD. */
export function* decodeSteps(codec: TextCodec, ids: ArrayLike<number>): Steps<string> {
  const decoder = codec.decodeStream();
  const pieces: string[] = [];
  for (let i = 0; i < ids.length; i++) {
    pieces.push(decoder.push(ids[i] as number));
    if (i % PER_STEP === PER_STEP - 1) yield;
  }
  return pieces.join("") + decoder.flush();
}

interface Specials {
  readonly ids: ReadonlyMap<string, number>;
  /** Finds the longest of those that begin at one place; nothing where there are none. */
  readonly pattern: RegExp | undefined;
}

const made = new WeakMap<TextCodec, Specials>();

/** The special tokens of a codec; found once for each. */
function specialsOf(codec: TextCodec): Specials {
  const known = made.get(codec);
  if (known) return known;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const ids = new Map<string, number>();
  for (let id = 0; id < codec.vocabSize; id++) {
    if (codec.isSpecial(id)) ids.set(decoder.decode(codec.bytesOf(id)), id);
  }
  const texts = [...ids.keys()].filter((text) => text !== "")
    .sort((a, b) => b.length - a.length).map((text) => RegExp.escape(text));
  const specials = {
    ids,
    pattern: texts.length > 0 ? new RegExp(texts.join("|"), "gu") : undefined,
  };
  made.set(codec, specials);
  return specials;
}
