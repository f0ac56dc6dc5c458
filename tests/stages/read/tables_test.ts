import { assertEquals, assertStringIncludes } from "@std/assert";
import { parquetWriteBuffer } from "hyparquet-writer";
import { StageMeter } from "../../../stages/meter.ts";
import { read } from "../../../stages/read/mod.ts";
import { scratchDir } from "../scratch.ts";

/** The texts in a file, and what is dropped: place, reason and detail. */
async function textsOf(name: string, content: string | Uint8Array) {
  const path = `${await scratchDir()}/${name}`;
  await Deno.writeFile(
    path,
    typeof content === "string" ? new TextEncoder().encode(content) : content,
  );
  const dropped: string[] = [];
  const meter = new StageMeter("read", ({ item, reason, detail }) => {
    dropped.push(`${item.split("#")[1]} ${reason}: ${detail}`);
  });
  const pages = await Array.fromAsync(read({ paths: [path], meter }));
  return { texts: pages.map(({ body }) => new TextDecoder().decode(body)), dropped };
}

const utf16 = (text: string) =>
  new Uint8Array(new Uint16Array(Array.from(text, (char) => char.charCodeAt(0))).buffer);

Deno.test("tables are cut where their programs meant it", async () => {
  // RFC 4180, section 2; `sep=` is what Excel reads; the first name of an index column, as pandas
  // and R write it, is empty. Cut by Python's csv module in the same way, `sep=` lines left out.
  const cases: [name: string, content: string, texts: string[]][] = [
    ["a.tsv", "\ttext\n0\thello, world one\n1\tgood bye; now\n", [
      "hello, world one",
      "good bye; now",
    ]],
    ["a.csv", ",text\n0,one\n1,two\n", ["one", "two"]],
    ["a.csv", '"";"text"\n"0";"one, a, b"\n', ["one, a, b"]],
    ["a.tsv", "text\tnotes, remarks, more\none, two\tx\n", ["one, two"]],
    ["a.tsv", "text\none, two\nthree; four\n", ["one, two", "three; four"]],
    ["a.csv", "text\nHello, world.\nBye.\n", ["Hello, world.", "Bye."]],
    ["a.csv", '\ufefftext\r\n"of, two\r\nlines"\r\nBye; now.\r\n', [
      "of, two\r\nlines",
      "Bye; now.",
    ]],
    ["a.csv", "sep=;\r\nid;text\r\n1;one, two\r\n", ["one, two"]],
    ["a.csv", "\ufeffsep=|\nid|text\n1|one; two\n", ["one; two"]],
    ["a.csv", '"sep=\t"\nid\ttext\n1\tone, two\n', ["one, two"]],
    ["a.csv", "\r\n\r\nid,text\r\n1,one\r\n", ["one"]],
    ["a.csv", 'text,id\n"one",1,\ntwo,2,,\n', ["one", "two"]],
    ["a.csv", "text,id\rone,1\rtwo,2\r", ["one", "two"]],
  ];
  for (const [name, content, texts] of cases) {
    assertEquals(await textsOf(name, content), { texts, dropped: [] }, JSON.stringify(content));
  }
  const wide = await textsOf("a.csv", utf16("\ufeffsep=;\r\nid;text\r\n1;größer\r\n"));
  assertEquals(wide.texts, ["größer"]);
});

Deno.test("a row of more fields than there are names is dropped, wherever the text stands", async () => {
  for (
    const content of [
      "id,text\n1,one, two, three\n2,four\n",
      "text,id\none, two,1\nfour,2\n",
      "id\ttext\n1\tone\ttwo\n2\tfour\n",
    ]
  ) {
    const { texts, dropped } = await textsOf("a.csv", content);
    assertEquals(texts, ["four"], content);
    assertEquals(dropped.length, 1);
    assertStringIncludes(dropped[0] ?? "", "row=1 malformed: the row has");
  }
});

Deno.test("a field keeps its text where the character U+0000 stands in it", async () => {
  const values = ["nul\0inside", "\0", "plain"];
  const expected = ["nulinside", "", "plain"];
  const table = parquetWriteBuffer({
    columnData: [{ name: "text", data: values, type: "STRING" }],
  });
  assertEquals((await textsOf("a.parquet", new Uint8Array(table))).texts, expected);
  const lines = values.map((text) => JSON.stringify({ text })).join("\n");
  assertEquals((await textsOf("a.jsonl", lines)).texts, expected);
  const rows = values.map((text, at) => `${at},${text}`).join("\n");
  assertEquals((await textsOf("a.csv", `id,text\n${rows}\n`)).texts, expected);
});

Deno.test("JSON lines are told by their beginning where no name tells them", async () => {
  const records = ['{"text":"first"}', '{"text":"second"}'];
  const beginnings: [string, (text: string) => string][] = [
    ["mark", (text) => `\ufeff${text}`],
    ["blank", (text) => text.replaceAll("{", "{ ")],
    ["tab", (text) => text.replaceAll("{", "{\t").replaceAll(":", "\t: ")],
    ["lines", (text) => `\r\n\n  ${text}`],
    ["both", (text) => `\ufeff\n${text.replaceAll("{", "{  ")}`],
  ];
  for (const [name, change] of beginnings) {
    const text = change(`${records.join("\r\n")}\r\n`);
    assertEquals((await textsOf("a", text)).texts, ["first", "second"], name);
    assertEquals((await textsOf("a", utf16(text))).texts, ["first", "second"], `${name}, UTF-16`);
  }
  // One object over several lines is text, and so is what only begins with a brace.
  const pretty = JSON.stringify({ text: "one" }, null, 2);
  for (const text of [pretty, "{ not } a record", "{}"]) {
    assertEquals((await textsOf("a", text)).texts, [text]);
  }
});

Deno.test("a broken Parquet file is named", async () => {
  const table = new Uint8Array(parquetWriteBuffer({
    columnData: [{ name: "text", data: ["one", "two"], type: "STRING" }],
  }));
  const path = `${await scratchDir()}/broken.parquet`;
  await Deno.writeFile(path, table.fill(0xff, 4, -8));
  const dropped: string[] = [];
  const meter = new StageMeter(
    "read",
    ({ item, reason }) => void dropped.push(`${reason} ${item}`),
  );
  assertEquals(await Array.fromAsync(read({ paths: [path], meter })), []);
  assertEquals(dropped.length, 1);
  assertStringIncludes(dropped[0] ?? "", path);
});
