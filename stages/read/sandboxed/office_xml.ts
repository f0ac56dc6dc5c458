/**
 * Walks through a part of an Office document, and through one branch only of what it says in several
 * ways (markup compatibility: ECMA-376, part 3).
 *
 * @module
 */
import { type Attributes, walkXml, type XmlEvents } from "./xml.ts";

/** Namespaces of Office itself; branches for others are for other programs. */
const KNOWN =
  /^https?:\/\/(?:schemas\.(?:microsoft|openxmlformats)\.(?:com|org)|purl\.oclc\.org)\//;

/** The same as `walkXml`, but of `mc:AlternateContent` only the first branch that can be read. */
export function walkOffice(bytes: Uint8Array, { open, text, close }: XmlEvents): void {
  const namespaces = new Map<string, string>();
  const alternatives: { isChosen: boolean }[] = [];
  /** Elements that are open in a branch that is not read. */
  let skipped = 0;
  const isBranch = (name: string) =>
    alternatives.length > 0 && (name === "Choice" || name === "Fallback");
  walkXml(bytes, {
    open(name, attributes) {
      if (skipped > 0) return void skipped++;
      note(namespaces, attributes);
      const alternative = alternatives.at(-1);
      if (name === "AlternateContent") alternatives.push({ isChosen: false });
      else if (alternative === undefined || !isBranch(name)) open?.(name, attributes);
      else {
        const fits = name === "Fallback" || isKnown(attributes.Requires, namespaces);
        if (alternative.isChosen || !fits) skipped = 1;
        else alternative.isChosen = true;
      }
    },
    text(piece) {
      if (skipped === 0) text?.(piece);
    },
    close(name) {
      if (skipped > 0) skipped--;
      else if (name === "AlternateContent") alternatives.pop();
      else if (!isBranch(name)) close?.(name);
    },
  });
}

function note(namespaces: Map<string, string>, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("xmlns:")) namespaces.set(name.slice("xmlns:".length), value);
  }
}

/** Whether all the prefixes that a branch requires are those of Office. */
function isKnown(requires = "", namespaces: ReadonlyMap<string, string>): boolean {
  return requires.split(/\s+/).every((prefix) => {
    const namespace = namespaces.get(prefix);
    return namespace === undefined || KNOWN.test(namespace);
  });
}

/**
 * Text whose characters may be written as `_x000D_` (ST_Xstring: ECMA-376, part 1, 22.9.2.19), all of
 * them or `controlsOnly`. Control characters become the blank that they mean.
 */
export function unescapeXstring(text: string, { controlsOnly = false } = {}): string {
  if (!text.includes("_x")) return text;
  return text.replace(/_x([0-9a-f]{4})_/gi, (whole, hex: string) => {
    const code = parseInt(hex, 16);
    if (code < 0x20) return code === 0x0a || code === 0x0b || code === 0x0d ? "\n" : " ";
    return controlsOnly ? whole : String.fromCharCode(code);
  });
}
