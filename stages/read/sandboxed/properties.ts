/**
 * What an office document or a book says about itself, in Dublin Core.
 *
 * @module
 */
import type { Declared } from "../../types.ts";
import { walkXml } from "./xml.ts";

/** Elements that say it, by their names without prefix. */
const NAMES: Readonly<Record<string, keyof Declared>> = {
  title: "title",
  creator: "author",
  "initial-creator": "author",
  created: "date",
  date: "date",
  "creation-date": "date",
  description: "description",
};

/** The first of each that is not empty. */
export function readProperties(xml: Uint8Array | undefined): Declared {
  const found: { -readonly [Name in keyof Declared]: string } = {};
  if (xml === undefined) return found;
  let name: keyof Declared | undefined;
  let text = "";
  walkXml(xml, {
    open(element) {
      name = Object.hasOwn(NAMES, element) ? NAMES[element] : undefined;
      text = "";
    },
    text: (piece) => void (text += piece),
    close() {
      const value = text.trim().slice(0, 1000);
      if (name !== undefined && value !== "" && found[name] === undefined) found[name] = value;
      name = undefined;
    },
  });
  if (found.date !== undefined && Number.isNaN(Date.parse(found.date))) delete found.date;
  return found;
}
