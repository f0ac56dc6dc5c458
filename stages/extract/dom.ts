/**
 * The `dom` engine: parses a page to a tree, and reads its blocks from there.
 *
 * @module
 */
import { DOMParser, type HTMLDocument, type Node, NodeType } from "deno_dom";
import type { Content } from "./content.ts";
import { readBlocks } from "./dom_blocks.ts";
import { isLicense, isLinkedData, type Metadata, MetadataReader } from "./metadata.ts";

/**
 * Reads a page. Nesting and attributes must have been looked at before: the parser knows no limits.
 *
 * @returns `undefined` when the parser gives up
 */
export function readDom(html: string): Content | undefined {
  const document = new DOMParser().parseFromString(html, "text/html");
  return document === null ? undefined : { ...readMetadata(document), ...readBlocks(document) };
}

function readMetadata(document: HTMLDocument): Metadata {
  const metadata = new MetadataReader();
  for (const meta of document.querySelectorAll("meta")) {
    const name = ["name", "property", "itemprop", "http-equiv"]
      .map((attribute) => meta.getAttribute(attribute)).find((value) => value !== null);
    metadata.meta(name ?? "", meta.getAttribute("content") ?? "");
  }
  metadata.title(document.querySelector("title")?.textContent ?? "");
  const heading = document.querySelector("h1");
  metadata.heading(heading === null ? "" : spacedText(heading));
  metadata.byline(
    document.querySelector("[rel=author], [itemprop=author]")?.textContent ?? "",
  );
  for (const time of document.querySelectorAll("time[datetime]")) {
    metadata.time(time.getAttribute("datetime") ?? "");
  }
  for (const link of document.querySelectorAll("a[rel], link[rel]")) {
    if (!isLicense(link.getAttribute("rel") ?? "")) continue;
    metadata.license(link.getAttribute("href") ?? "");
  }
  for (const script of document.querySelectorAll("script[type]")) {
    if (isLinkedData(script.getAttribute("type") ?? "")) metadata.linked(script.textContent ?? "");
  }
  metadata.lang(document.querySelector("html")?.getAttribute("lang") ?? "");
  return metadata.read();
}

/** The text under a node, with a blank where it breaks a line. */
function spacedText(node: Node): string {
  if (node.nodeType === NodeType.TEXT_NODE) return node.nodeValue ?? "";
  return node.nodeName === "BR" ? " " : Array.from(node.childNodes, spacedText).join("");
}
