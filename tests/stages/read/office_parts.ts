/**
 * Office documents made of a few parts, for the tests of what reads them.
 *
 * @module
 */
import { zipFile } from "./zip_file.ts";

const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";

/** A list of relations, each written as `id type target`. */
export const relations = (...written: string[]): string =>
  `<Relationships xmlns="${PACKAGE}/relationships">${
    written.map((relation) => {
      const [id, type, target] = relation.split(" ");
      return `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"/>`;
    }).join("")
  }</Relationships>`;

/** Parts by their paths, as an archive. */
export const archive = (parts: Readonly<Record<string, string>>): Uint8Array => zipFile(parts);

/** The parts that name the main part of a document. */
export const naming = (main: string, type: string): Record<string, string> => ({
  "[Content_Types].xml":
    `<Types xmlns="${PACKAGE}/content-types"><Override PartName="/${main}" ContentType="${type}"/></Types>`,
  "_rels/.rels": relations(`r1 officeDocument ${main}`),
});

/** The namespaces that the parts use, to be written into their first elements. */
export const NAMESPACES = [
  ["w", "http://schemas.openxmlformats.org/wordprocessingml/2006/main"],
  ["m", "http://schemas.openxmlformats.org/officeDocument/2006/math"],
  ["p", "http://schemas.openxmlformats.org/presentationml/2006/main"],
  ["a", "http://schemas.openxmlformats.org/drawingml/2006/main"],
  ["dgm", "http://schemas.openxmlformats.org/drawingml/2006/diagram"],
  ["mc", "http://schemas.openxmlformats.org/markup-compatibility/2006"],
  ["r", OFFICE],
  ["v", "urn:schemas-microsoft-com:vml"],
  ["wps", "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"],
  ["a14", "http://schemas.microsoft.com/office/drawing/2010/main"],
  ["own", "http://example.org/own"],
].map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`).join(" ");
