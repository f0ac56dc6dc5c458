import { assertEquals } from "@std/assert";
import { detectCharset } from "../../stages/charset.ts";
import { extractDocument } from "../../stages/extract/mod.ts";
import { read } from "../../stages/read/mod.ts";
import { scratchDir } from "./scratch.ts";

const FIXTURES = new URL("../fixtures/charset/", import.meta.url);

/** Texts as Python's codecs have written them, and what the Encoding standard calls the encoding. */
const ENCODED: readonly [file: string, label: string][] = [
  ["ja.shift_jis", "shift_jis"],
  ["ja.euc_jp", "euc-jp"],
  ["ja.utf_16_le", "utf-16le"],
  ["ja.utf_16_be", "utf-16be"],
  ["zh_cn.gb18030", "gb18030"],
  ["zh_cn.utf_16_le", "utf-16le"],
  ["zh_tw.big5", "big5"],
  ["ru.koi8_r", "koi8-r"],
  ["ru.cp1251", "windows-1251"],
  ["ru.utf_16_be", "utf-16be"],
  ["fr.cp1252", "windows-1252"],
  ["fr.utf_16_le", "utf-16le"],
];

const bytesOf = (name: string) => Deno.readFileSync(new URL(`${name}.txt`, FIXTURES));
const textOf = (file: string) =>
  Deno.readTextFileSync(new URL(`${file.split(".")[0]}.utf_8.txt`, FIXTURES));

Deno.test("an encoding is told from the text alone", () => {
  for (const [file, label] of ENCODED) {
    const bytes = bytesOf(file);
    assertEquals(detectCharset(bytes), label, file);
    // And from the first lines.
    assertEquals(detectCharset(bytes.subarray(0, 140)), label, `${file}, 140 bytes`);
    assertEquals(detectCharset(new TextEncoder().encode(textOf(file))), "utf-8");
  }
});

Deno.test("bytes that are no text have no encoding", () => {
  for (
    const bytes of [
      [0x61, 0xff, 0x62],
      Array.from({ length: 4096 }, (_, i) => (i * i * 31 + i * 7) & 0xff),
    ]
  ) assertEquals(detectCharset(new Uint8Array(bytes)), undefined);
});

Deno.test("a text file in any encoding is read, and so is one whose first 100 KiB are ASCII", async () => {
  const dir = await scratchDir();
  const ascii = "All work and no play makes Jack a dull boy.\n".repeat(2500);
  for (const [file] of ENCODED) {
    const bytes = bytesOf(file);
    const path = `${dir}/${file}.txt`;
    await Deno.writeFile(path, bytes);
    const [page, more] = await Array.fromAsync(read({ paths: [path] }));
    assertEquals([new TextDecoder().decode(page?.body), more], [textOf(file), undefined], file);
    if (file.includes("utf_16")) continue;
    await Deno.writeFile(path, new Uint8Array([...new TextEncoder().encode(ascii), ...bytes]));
    const [long] = await Array.fromAsync(read({ paths: [path] }));
    assertEquals(new TextDecoder().decode(long?.body), ascii + textOf(file), file);
  }
});

Deno.test("a page's encoding: mark, then header, then meta element, then what it looks like", () => {
  const page = (body: Uint8Array, contentType: string) => ({
    url: "http://a.test/",
    contentType,
    body,
    fetchedAt: "2024-01-01T00:00:00.000Z",
  });
  const ascii = (text: string) => [...new TextEncoder().encode(text)];
  for (const [file, label] of ENCODED) {
    if (label.startsWith("utf-16")) continue;
    const paragraph = textOf(file).split("\n")[2] ?? "";
    const bytes = [...bytesOf(file)];
    const wrap = (head: string) =>
      new Uint8Array([...ascii(`${head}<main><pre>`), ...bytes, ...ascii("</pre></main>")]);
    const cases: [body: Uint8Array, contentType: string][] = [
      [wrap("<title>x</title>"), "text/html"],
      [wrap(`<meta charset="${label}">`), "text/html"],
      [wrap("<meta charset=utf-8>"), `text/html; charset=${label}`],
    ];
    for (const [body, contentType] of cases) {
      const found = extractDocument(page(body, contentType));
      const text = "text" in found ? found.text : undefined;
      assertEquals(text?.includes(paragraph), true, `${file} as ${contentType}: ${text}`);
    }
  }
  const marked = new Uint8Array([0xef, 0xbb, 0xbf, ...ascii("<p>caf"), 0xc3, 0xa9]);
  const found = extractDocument(page(marked, "text/html; charset=windows-1252"));
  assertEquals("text" in found && found.text, "café");
});
