/**
 * Formulas of Office (OMML: ECMA-376, part 1, 22.1) as a line of text, in the linear format of
 * Unicode Technical Note 28.
 *
 * @module
 */
import type { Attributes } from "./xml.ts";

/** An element that is open: what its children have given, by their names. */
interface Frame {
  readonly name: string;
  readonly of: Record<string, string>;
  text: string;
  /** Characters that its properties name. */
  readonly signs: Record<string, string>;
}

const open = (name: string): Frame => ({ name, of: {}, text: "", signs: {} });

/** What an argument of an operator is written as. */
const argument = (text = "") =>
  /^(?:[\p{L}\p{N}\p{M}.,]*|.|\(.*\))$/su.test(text) ? text : `(${text})`;

/** How an element is written, by its name; others are what their children are. */
const WRITTEN: Readonly<Record<string, (frame: Frame) => string>> = {
  f: ({ of }) => `${argument(of.num)}/${argument(of.den)}`,
  sSup: ({ of }) => `${argument(of.e)}^${argument(of.sup)}`,
  sSub: ({ of }) => `${argument(of.e)}_${argument(of.sub)}`,
  sSubSup: ({ of }) => `${argument(of.e)}_${argument(of.sub)}^${argument(of.sup)}`,
  rad: ({ of }) => (of.deg ? `√(${of.deg}&${of.e ?? ""})` : `√${argument(of.e)}`),
  nary: ({ of, signs }) =>
    (signs.chr ?? "∫") + (of.sub ? `_${argument(of.sub)}` : "") +
    (of.sup ? `^${argument(of.sup)}` : "") + ` ${of.e ?? ""}`,
  d: ({ of, signs }) => `${signs.begChr ?? "("}${of.e ?? ""}${signs.endChr ?? ")"}`,
  func: ({ of }) => `${of.fName ?? ""} ${of.e ?? ""}`,
  mr: ({ of }) => `${of.e ?? ""}`,
};
/** What stands between children of one name. */
const BETWEEN: Readonly<Record<string, string>> = { d: ",", mr: "&", eqArr: "; " };

/** Hears what is inside one `m:oMath`, and gives its text. */
export class Formula {
  readonly #frames: Frame[] = [open("oMath")];
  #isText = false;

  open(name: string, { val }: Attributes): void {
    this.#isText = name === "t";
    const parent = this.#frames.at(-2);
    // Signs are named inside of properties, as in `m:d`, `m:dPr`, `m:begChr`.
    if (val !== undefined && parent !== undefined) parent.signs[name] = val;
    this.#frames.push(open(name));
  }

  text(piece: string): void {
    const top = this.#frames.at(-1);
    if (this.#isText && top !== undefined) top.text += piece;
  }

  close(): void {
    this.#isText = false;
    const frame = this.#frames.pop(), parent = this.#frames.at(-1);
    if (frame === undefined || parent === undefined) return;
    const written = Object.hasOwn(WRITTEN, frame.name) ? WRITTEN[frame.name]?.(frame) : undefined;
    const text = written ?? frame.text;
    const before = parent.of[frame.name];
    parent.of[frame.name] = before === undefined
      ? text
      : before + (BETWEEN[parent.name] ?? "") + text;
    parent.text += (before !== undefined ? BETWEEN[parent.name] ?? "" : "") + text;
  }

  /** The whole formula. */
  toString(): string {
    return this.#frames[0]?.text ?? "";
  }
}
