/**
 * Walks through XML, its elements known by their names without prefix.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import { ReadFailure } from "../failure.ts";

/** Elements inside one another. */
const MAX_DEPTH = 512;
/** Bytes decoded at once. */
const CHUNK_BYTES = 64 * 1024;

/** Attributes by their names, and by their names without prefix. */
export type Attributes = Readonly<Record<string, string>>;

/** Hears of what comes. */
export interface XmlEvents {
  open?(name: string, attributes: Attributes): void;
  text?(text: string): void;
  close?(name: string): void;
}

const bare = (name: string) => name.slice(name.indexOf(":") + 1);

/** Tells `events` what is in `bytes`. @throws {ReadFailure} past 512 elements inside one another */
export function walkXml(bytes: Uint8Array, { open, text, close }: XmlEvents): void {
  let depth = 0;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (++depth > MAX_DEPTH) {
        throw new ReadFailure("malformed", `elements nest deeper than ${MAX_DEPTH}`);
      }
      const known: Record<string, string> = {};
      for (const [key, value] of Object.entries(attributes)) known[bare(key)] = known[key] = value;
      open?.(bare(name), known);
    },
    ontext: (piece) => text?.(piece),
    onclosetag(name) {
      depth--;
      close?.(bare(name));
    },
  }, { xmlMode: true, decodeEntities: true });
  const decoder = new TextDecoder(labelOf(bytes));
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
    parser.write(decoder.decode(bytes.subarray(at, at + CHUNK_BYTES), { stream: true }));
  }
  parser.end(decoder.decode());
}

/** UTF-16 by its mark; all else in office documents is UTF-8. */
function labelOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

/** Text as it stands in markup. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
