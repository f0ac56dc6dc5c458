/**
 * A part of a Word document in the few elements that make its text: without what is hidden or
 * deleted, formulas as text, text boxes behind their paragraphs.
 *
 * @module
 */
import { Formula } from "./formula.ts";
import { walkOffice } from "./office_xml.ts";
import { type Attributes, escape, walkXml } from "./xml.ts";

/** Elements that stay, with the attributes that stay; others are no more than their content. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  p: [],
  pPr: [],
  pStyle: ["val"],
  numPr: [],
  ilvl: ["val"],
  numId: ["val"],
  r: [],
  rPr: [],
  b: ["val"],
  i: ["val"],
  t: [],
  tbl: [],
  tr: [],
  trPr: [],
  tblHeader: ["val"],
  tc: [],
  tcPr: [],
  gridSpan: ["val"],
  vMerge: ["val"],
  sym: ["font", "char"],
  vertAlign: ["val"],
  footnoteReference: ["id"],
  endnoteReference: ["id"],
  noBreakHyphen: [],
  footnote: ["id", "type"],
  endnote: ["id", "type"],
};
/** Elements that are left out with what is in them (ECMA-376, part 1, 17.13.5, 17.3.3.24). */
const LEFT_OUT = new Set([
  ...["moveFrom", "delText", "instrText", "delInstrText", "sdtPr", "sdtEndPr", "rt", "sectPr"],
  ...["rPrChange", "pPrChange", "tblPrChange", "trPrChange", "tcPrChange", "tabs", "binData"],
]);
/** Breaks of lines and pages, which are blanks in a text. */
const BREAKS = new Set(["br", "cr"]);
const isOn = (val: string | undefined) => val === undefined || !/^(?:0|false|off|none)$/.test(val);

/** Where what is open has begun, and what was learnt of it. */
interface Begun {
  readonly at: number;
  isHidden: boolean;
}

/** The content of a part as XML whose names have the prefix `w`. */
export function plainWordXml(bytes: Uint8Array, hidden: ReadonlySet<string>): string {
  /** The part, and text boxes that are open in it. */
  const outs: string[][] = [[]];
  let out: string[] = outs[0] ?? [];
  let boxes = "";
  const path: string[] = [];
  const paragraphs: Begun[] = [], runs: Begun[] = [], rows: Begun[] = [];
  let leftOut = 0;
  let formula: { text: Formula; depth: number } | undefined;

  const begun = (isHidden: boolean): Begun => ({ at: out.length, isHidden });
  const end = (list: Begun[]) => {
    const last = list.pop();
    if (last?.isHidden) out.length = last.at;
  };
  const isMarked = () => path.at(-1) === "rPr" && path.at(-2) === "r";

  function openText(name: string, attributes: Attributes): void {
    const { val } = attributes;
    const run = runs.at(-1), paragraph = paragraphs.at(-1), row = rows.at(-1);
    if (name === "vanish" && isMarked() && run !== undefined) run.isHidden = isOn(val);
    if (name === "rStyle" && run !== undefined && hidden.has(val ?? "")) run.isHidden = true;
    if (name === "pStyle" && paragraph !== undefined) paragraph.isHidden = hidden.has(val ?? "");
    if (name === "del" && path.at(-1) === "trPr" && row !== undefined) row.isHidden = true;
    if (name === "p") paragraphs.push({ at: out.length, isHidden: false });
    if (name === "r") runs.push(begun(false));
    if (name === "tr") rows.push(begun(false));
    // A deleted mark of a paragraph joins it with the next.
    if (name === "del" && path.at(-1) === "rPr") out.push("<w:del/>");
    if (BREAKS.has(name)) out.push("<w:br/>");
    if (name === "tab" || name === "ptab") out.push("<w:tab/>");
    if (name === "txbxContent") outs.push(out = []);
    const kept = Object.hasOwn(KEPT, name) ? KEPT[name] : undefined;
    if (kept !== undefined) out.push(`<w:${name}${written(attributes, kept)}>`);
  }

  function closeText(name: string): void {
    if (Object.hasOwn(KEPT, name)) out.push(`</w:${name}>`);
    if (name === "r") end(runs);
    if (name === "tr") end(rows);
    if (name === "txbxContent") {
      boxes += outs.pop()?.join("") ?? "";
      out = outs.at(-1) ?? [];
    }
    if (name !== "p") return;
    end(paragraphs);
    if (outs.length > 1) return;
    out.push(boxes);
    boxes = "";
  }

  walkOffice(bytes, {
    open(name, attributes) {
      if (formula !== undefined) {
        formula.depth++;
        return formula.text.open(name, attributes);
      }
      const isDeleted = name === "del" && !/Pr$/.test(path.at(-1) ?? "");
      if (leftOut > 0 || LEFT_OUT.has(name) || isDeleted) return void leftOut++;
      if (name === "oMath") formula = { text: new Formula(), depth: 0 };
      else {
        openText(name, attributes);
        path.push(name);
      }
    },
    text(piece) {
      if (formula !== undefined) formula.text.text(piece);
      else if (leftOut === 0 && path.at(-1) === "t") out.push(escape(piece));
    },
    close(name) {
      if (leftOut > 0) return void leftOut--;
      if (formula === undefined) {
        path.pop();
        return closeText(name);
      }
      if (formula.depth-- > 0) return formula.text.close();
      out.push(`<w:r><w:t>${escape(`${formula.text}`)}</w:t></w:r>`);
      formula = undefined;
    },
  });
  return out.join("");
}

const written = (attributes: Attributes, names: readonly string[]) =>
  names.map((name) => [name, attributes[name]] as const)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` w:${name}="${escape(value ?? "")}"`).join("");

/** The styles whose text is hidden, or those that are based on one of them. */
export function hiddenStyles(styles: Uint8Array | undefined): ReadonlySet<string> {
  const found = new Map<string, { base?: string; isHidden?: boolean }>();
  const path: string[] = [];
  let style: { base?: string; isHidden?: boolean } = {};
  walkXml(styles ?? new Uint8Array(), {
    open(name, { styleId = "", val }) {
      if (name === "style") found.set(styleId, style = {});
      if (name === "basedOn" && val !== undefined) style.base = val;
      const isOwn = path.at(-1) === "rPr" && path.at(-2) === "style";
      if (name === "vanish" && isOwn) style.isHidden = isOn(val);
      path.push(name);
    },
    close: () => void path.pop(),
  });
  const isHidden = (id: string | undefined, depth = 0): boolean => {
    const { base, isHidden: own } = found.get(id ?? "") ?? {};
    return own ?? (base !== undefined && depth < 32 && isHidden(base, depth + 1));
  };
  return new Set([...found.keys()].filter((id) => isHidden(id)));
}
