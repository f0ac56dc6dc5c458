/**
 * Other extractors, each program in a process of its own: Mozilla's Readability and Defuddle under
 * Node, installed into a folder of their own, and those that a Python has of resiliparse and
 * trafilatura. A process takes the path of a page a line and answers with the text and the time of
 * each extractor.
 *
 * @module
 */
import { openLineProcess } from "./line_process.ts";

/** What one extractor makes of a page. */
export interface Extracted {
  readonly name: string;
  /** Empty where it fails. */
  readonly text: string;
  readonly ms: number;
}

/** A process with other extractors; disposing it ends it. */
export interface Peers extends AsyncDisposable {
  extract(path: string): Promise<readonly Extracted[]>;
}

const PACKAGES = ["@mozilla/readability@0.6.0", "defuddle@0.19.4", "linkedom@0.18.15"];

const NODE = `
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseHTML } from "linkedom";
import { Readability } from "@mozilla/readability";
import { Defuddle } from "defuddle/node";
const BLOCK = /<(?=\\/?(?:p|div|h\\d|li|ul|ol|t[rdh]|table|br|blockquote|pre|figure|figcaption)\\b)/gi;
const textOf = (html) =>
  parseHTML("<html><body>" + html.replace(BLOCK, " <") + "</body></html>").document.body.textContent;
const decode = (bytes) => {
  const label = /charset\\s*=\\s*["']?\\s*([\\w-]+)/i.exec(bytes.subarray(0, 4096).toString("latin1"));
  for (const [name, fatal] of [["utf-8", true], [label?.[1] ?? "windows-1252", false]]) {
    try {
      return new TextDecoder(name, { fatal }).decode(bytes);
    } catch (error) {
      // It is not UTF-8, or says an encoding that nobody knows.
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    }
  }
  return new TextDecoder("windows-1252").decode(bytes);
};
const PEERS = {
  "readability 0.6.0": (html) => new Readability(parseHTML(html).document).parse()?.textContent,
  "defuddle 0.19.4": async (html) =>
    textOf((await Defuddle(parseHTML(html).document, "https://example.org/", { useAsync: false })).content),
};
console.log = console.warn = console.error = () => {};
for await (const path of createInterface({ input: process.stdin })) {
  const bytes = readFileSync(path);
  const answers = [];
  for (const [name, extract] of Object.entries(PEERS)) {
    const start = performance.now();
    let text = "";
    try {
      text = (await extract(decode(bytes))) ?? "";
    } catch (error) {
      process.stderr.write(name + " fails on " + path + ": " + error + "\\n");
    }
    answers.push({ name, text, ms: performance.now() - start });
  }
  process.stdout.write(JSON.stringify(answers) + "\\n");
}
`;

const PYTHON = `
import json, sys, time
PEERS = {}
try:
    import trafilatura
    PEERS["trafilatura " + trafilatura.__version__] = lambda b: trafilatura.extract(b, include_comments=False)
except ImportError:
    pass
try:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree
    from resiliparse.parse.encoding import detect_encoding
    PEERS["resiliparse"] = lambda b: extract_plain_text(
        HTMLTree.parse_from_bytes(b, detect_encoding(b)), main_content=True)
except ImportError:
    pass
for line in sys.stdin:
    with open(line.rstrip("\\n"), "rb") as file:
        body = file.read()
    answers = []
    for name, extract in PEERS.items():
        start = time.perf_counter()
        try:
            text = extract(body) or ""
        except Exception as error:
            text = ""
            print(name, "fails on", line.rstrip("\\n") + ":", error, file=sys.stderr)
        answers.append({"name": name, "text": text, "ms": 1000 * (time.perf_counter() - start)})
    print(json.dumps(answers), flush=True)
`;

/** Installs the packages of npm in `folder`, and starts Node with them. */
export async function openNodePeers(folder: string): Promise<Peers> {
  await Deno.writeTextFile(`${folder}/package.json`, `{"private": true}`);
  await Deno.writeTextFile(`${folder}/peers.mjs`, NODE);
  const { code } = await new Deno.Command("npm", {
    args: ["install", "--silent", "--no-audit", "--no-fund", ...PACKAGES],
    cwd: folder,
  }).output();
  if (code !== 0) throw new Error(`Cannot bench beside npm's packages: npm ended with ${code}`);
  return openPeers("node", [`${folder}/peers.mjs`]);
}

/** Starts a Python with what it has of the two packages. */
export const openPythonPeers = (python: string): Peers => openPeers(python, ["-c", PYTHON]);

function openPeers(program: string, args: string[]): Peers {
  const child = openLineProcess(program, args);
  return {
    extract: (path) => child.ask(path),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
