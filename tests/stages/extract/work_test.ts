/**
 * What the worst pages cost, in executions of blocks of code that V8 counts: twice the page is twice
 * the work at most. With the limit on a page's bytes, and on its elements, no page keeps a thread busy.
 */
import { assert } from "@std/assert";
import { Session } from "node:inspector/promises";
import { ENGINES, extractDocument } from "../../../stages/extract/mod.ts";
import type { ExtractEngine } from "../../../stages/extract/mod.ts";

/** Bytes of the smaller page of a shape. */
const BYTES = 12_000;

/** Blocks for each byte of a page. */
const MOST_PER_BYTE = 1000;

/** How often a page is counted. */
const COUNTS = 3;

const again = (unit: string, bytes: number) => unit.repeat(Math.ceil(bytes / unit.length));
const LIST_HEAD = "<ul><li>".repeat(60);

/** Pages by size: what repeats, or more than that. */
const SHAPES: Record<string, string | ((bytes: number) => string)> = {
  "open paragraphs": "<p>a",
  "paragraphs": "<p>Some words of a text, which are read.</p>",
  "inline elements": "<b>a</b>",
  "misnested formatting": "<b><i>a</b></i>",
  "formatting over blocks": "<b>a<p>",
  "open anchors": "<a name=x>",
  "links": "<a href=/x>link</a> ",
  "cells": (bytes) => `<table><tr>${again("<td>a", bytes)}`,
  "text in tables": (bytes) => `<table>${again("a<tr>", bytes)}`,
  "tables in tables": (bytes) => again(`${"<table><tr><td>".repeat(40)}x`, bytes),
  "lists in lists": (bytes) => again(`${LIST_HEAD}x`, bytes),
  "deep blocks": (bytes) => again("<div>".repeat(500) + "a" + "</div>".repeat(500), bytes),
  "deep again and again": (bytes) => `${"<div>".repeat(500)}${again("<p>a</p>", bytes)}`,
  "ends of nothing": "</p></div></b>",
  "ends of what is outside": (bytes) => `<b>${"<div>".repeat(400)}${again("</b>", bytes)}`,
  "one text": "a ",
  "entities": "&amp;",
  "broken entities": "&a",
  "no-break spaces": "\u00a0",
  "newlines": (bytes) => `<pre>${again("\n", bytes)}`,
  "line breaks": "<br> ",
  "an attribute": (bytes) => `<p style='${again("display:", bytes)}'>x`,
  "classes": (bytes) => `<p class='${again("a ", bytes)}'>x`,
  "elements of many classes": `<p class="${"a ".repeat(50)}">x`,
  "a title": (bytes) => `<title>${again("a ", bytes)}</title><p>x`,
  "titles": "<title>a</title>",
  "headings": "<h1>a</h1>",
  "structured data": (bytes) =>
    `<script type='application/ld+json'>${again("[", bytes)}</script><p>x`,
  "comments": "<!---->",
  "a comment": (bytes) => `<!--${again("->", bytes)}`,
  "a script": (bytes) => `<script>${again("</scrip", bytes)}`,
  "a text area": (bytes) => `<textarea>${again("</", bytes)}`,
  "signs": "<",
  "broken tags": "<a <a",
  "code": "<code>`</code>",
  "backticks": "`",
  "a byline": (bytes) => `<p class=byline>by${again(" ", bytes)}x`,
  "drawings": "<svg><title>a</title></svg>",
  "forms": "<select><option>a",
};

async function counter() {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const taken = async () => {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    return result.flatMap(({ functions }) => functions).flatMap(({ ranges }) => ranges)
      .reduce((sum, { count }) => sum + count, 0);
  };
  return {
    /**
     * Blocks that are executed to take the text out of a page: the least of several counts, since
     * now and then one of them has tens of thousands of blocks of other code in it.
     */
    async count(html: string, engine: ExtractEngine): Promise<number> {
      const body = new TextEncoder().encode(html);
      const page = { url: "https://a.test/", contentType: "text/html", body, fetchedAt: "" };
      const counts: number[] = [];
      while (counts.length < COUNTS) {
        await taken();
        extractDocument(page, { engine });
        counts.push(await taken());
      }
      return Math.min(...counts);
    },
    [Symbol.dispose]: () => session.disconnect(),
  };
}

for (const engine of ENGINES) {
  Deno.test(`twice the page is twice the work at most: ${engine}`, async () => {
    using work = await counter();
    await work.count("<p>x", engine);
    for (const [name, shape] of Object.entries(SHAPES)) {
      const page = (bytes: number) =>
        typeof shape === "string" ? again(shape, bytes) : shape(bytes);
      const [once, twice] = [
        await work.count(page(BYTES), engine),
        await work.count(page(2 * BYTES), engine),
      ];
      if (Deno.env.has("CLLM_SHOW")) console.log(engine, name, once, (twice / once).toFixed(2));
      assert(once < MOST_PER_BYTE * BYTES, `${name}: ${once}`);
      assert(twice < 2.2 * once + 20_000, `${name}: ${once}, then ${twice}`);
    }
  });
}
