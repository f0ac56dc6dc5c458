import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { contradicts, detectCharset, mendUtf8 } from "../../stages/charset.ts";
import { extractDocument } from "../../stages/extract/mod.ts";
import { StageMeter } from "../../stages/meter.ts";
import { read } from "../../stages/read/mod.ts";
import { scratchDir } from "./scratch.ts";

const utf8 = (text: string) => [...new TextEncoder().encode(text)];
const ascii = (text: string) => [...Buffer.from(text, "latin1")];

/** Pages of a file with this content, and the reasons of what is dropped. */
async function pagesOf(name: string, bytes: readonly number[]) {
  const path = `${await scratchDir()}/${name}`;
  await Deno.writeFile(path, new Uint8Array(bytes));
  const dropped: string[] = [];
  const meter = new StageMeter("read", ({ reason }) => dropped.push(reason));
  const pages = await Array.fromAsync(read({ paths: [path], meter }));
  return { texts: pages.map(({ body }) => new TextDecoder().decode(body)), dropped };
}

const SENTENCES = {
  de: "Die schöne Müllerin geht über die Brücke.",
  ru: "Сегодня очень хорошая погода.",
  el: "Σήμερα ο καιρός είναι πολύ καλός.",
  ja: "今日は天気が良い。",
  en: "The weather is fine today, and so it was yesterday; the harbour is full of boats.",
  thai: "วันนี้อากาศดีมาก",
  emoji: "fine 😀 weather 🌞 today",
};

Deno.test("one byte that is none makes UTF-8 no other encoding, in any language and format", async () => {
  for (const [language, sentence] of Object.entries(SENTENCES)) {
    for (const stray of [0x81, 0xc3, 0xff]) {
      const bytes = [...utf8(sentence), 0x20, stray, 0x20, ...utf8(sentence)];
      const text = await pagesOf("a.txt", bytes);
      const mended = `${sentence} \ufffd ${sentence}`;
      // In English alone nothing says that it is UTF-8: a byte may be a letter of another encoding.
      if (language !== "en") assertEquals([text.texts, text.dropped], [[mended], []], language);
      else assertEquals(text.texts[0]?.startsWith(`${sentence} `), true);
      if (language === "en") continue;
      const table = await pagesOf("a.csv", [
        ...utf8("id,text\n1,"),
        ...bytes,
        ...utf8("\n2,two\n"),
      ]);
      assertEquals(table.texts, [mended, "two"], language);
      const page = extractDocument({
        url: "http://a.test/",
        contentType: "text/html",
        body: new Uint8Array([...utf8("<main><p>"), ...bytes, ...utf8("</main>")]),
        fetchedAt: "2024-01-01T00:00:00.000Z",
      });
      assertEquals("text" in page && page.text, mended.normalize("NFC"), language);
    }
  }
});

Deno.test("a part of a long text is kept with its one bad byte, binary data is not", () => {
  const long = utf8("All work and no play makes Jack a dull boy.\n".repeat(100));
  const mended = mendUtf8(new Uint8Array([...long, 0xff, ...long]));
  assertEquals(new TextDecoder().decode(mended).split("\ufffd").length, 2);
  const noise = Array.from({ length: 4096 }, (_, i) => (i * i * 31 + i * 7) & 0xff);
  assertEquals(mendUtf8(new Uint8Array(noise)), undefined);
});

Deno.test("JSON lines are UTF-8: a line that is not is one line lost", async () => {
  // RFC 8259, section 8.1.
  const line = (text: number[]) => [...utf8('{"text":"'), ...text, ...utf8('"}\n')];
  const { texts, dropped } = await pagesOf("a.jsonl", [
    ...line(ascii("caf\xe9 au lait")),
    ...Object.values(SENTENCES).flatMap((sentence) => line(utf8(sentence))),
  ]);
  assertEquals(texts, Object.values(SENTENCES));
  assertEquals(dropped, ["malformed"]);
});

Deno.test("7-bit encodings are told by their escapes, and what is not decoded is dropped", async () => {
  // Written by Python's codecs iso2022_jp, iso2022_kr and hz.
  const cases: [hex: string, text: string | undefined][] = [
    ["1b24423a23467c244f45373524242c4e49242421231b2842", "今日は天気が良い。"],
    ["1b2429430e3f403443403a0f200e332f3e3e30210f200e414134590f2e", undefined],
    [
      "7e7b3d714c6c4c6c46783a5c3a4321237e7d0a7e7b4e5243474825392b543021237e7d",
      undefined,
    ],
  ];
  for (const [hex, text] of cases) {
    const bytes = [...utf8("Log of 3 March:\n"), ...Uint8Array.fromHex(hex)];
    const found = await pagesOf("a.txt", bytes);
    assertEquals(found.texts, text === undefined ? [] : [`Log of 3 March:\n${text}`]);
    assertEquals(found.dropped, text === undefined ? ["malformed"] : []);
  }
  // Colours of a terminal are escapes as well.
  assertEquals(detectCharset(new Uint8Array(utf8("\x1b[31mred\x1b[0m"))), "utf-8");
});

Deno.test("a page's encoding is what its first meta element says, not what looks like one", () => {
  // HTML standard, 13.2.3.2 and 13.2.6.4.4; "день" in windows-1251.
  const word = [0xe4, 0xe5, 0xed, 0xfc];
  const lies = [
    '<!-- <meta charset="koi8-r"> -->',
    '<title>The tag <meta charset="koi8-r"></title>',
    `<script>document.write('<meta charset="koi8-r">')</script>`,
    '<style>/* <meta charset="koi8-r"> */</style>',
    `<link title='<meta charset="koi8-r">'>`,
    '<meta name="description" content="text/html; charset=koi8-r">',
    "",
  ];
  const truths = [
    '<meta charset="windows-1251">',
    "<META CHARSET=windows-1251>",
    `<meta content='text/html; charset="windows-1251"' http-equiv=Content-Type>`,
    `${" ".repeat(3000)}<meta name=a content=b><meta charset=' windows-1251 '>`,
  ];
  for (const lie of lies) {
    for (const truth of truths) {
      const head = `<html><head>${lie}${truth}</head><body><main><p>`;
      const found = extractDocument({
        url: "http://a.test/",
        contentType: "text/html",
        body: new Uint8Array([...utf8(head), ...word, ...utf8("</main>")]),
        fetchedAt: "2024-01-01T00:00:00.000Z",
      });
      assertEquals("text" in found && found.text, "день", `${lie}${truth.trim()}`);
    }
  }
  // XML 1.0, section 4.3.3.
  const declaration = '<?xml version="1.0" encoding="windows-1251"?><html><main><p>';
  const found = extractDocument({
    url: "http://a.test/",
    contentType: "application/xhtml+xml",
    body: new Uint8Array([...utf8(declaration), ...word, ...utf8("</p></main></html>")]),
    fetchedAt: "2024-01-01T00:00:00.000Z",
  });
  assertEquals("text" in found && found.text, "день");
});

// The texts are those of Python's codecs (tests/fixtures/charset/make.py).
Deno.test("a declaration that the bytes contradict does not count, in either direction", async () => {
  const folder = new URL("../fixtures/charset/", import.meta.url);
  const pageOf = async (file: string, label: string) => {
    const found = extractDocument({
      url: "http://a.test/",
      contentType: `text/html; charset=${label}`,
      body: new Uint8Array([...ascii("<main><p>"), ...await Deno.readFile(new URL(file, folder))]),
      fetchedAt: "2024-01-01T00:00:00.000Z",
    });
    return "text" in found ? found.text : "";
  };
  const older: [language: string, encoding: string, others: string[]][] = [
    ["fr", "cp1252", ["iso-8859-1", "windows-1251"]],
    ["ru", "cp1251", ["windows-1252", "koi8-r"]],
    ["ru", "koi8_r", ["windows-1252", "shift_jis"]],
    ["ja", "shift_jis", ["euc-jp", "iso-8859-1"]],
    ["zh_cn", "gb18030", ["gb2312", "windows-1252"]],
    ["zh_tw", "big5", ["big5", "gbk"]],
  ];
  for (const [language, encoding, labels] of older) {
    const truth = await pageOf(`${language}.utf_8.txt`, "utf-8");
    assertEquals(truth.length > 100, true);
    assertEquals(await pageOf(`${language}.${encoding}.txt`, "utf-8"), truth, encoding);
    for (const label of labels) {
      assertEquals(await pageOf(`${language}.utf_8.txt`, label), truth, label);
    }
  }
  // Too little to tell: "É»" in windows-1252 is "ɻ" in UTF-8.
  const two = new Uint8Array([0xc9, 0xbb]);
  assertEquals(contradicts(two, "windows-1252"), false);
  assertEquals(contradicts(new Uint8Array([0xe9]), "utf-8"), false);
});

Deno.test("a page in UTF-32 is read by its byte order mark, either way round", () => {
  for (const [language, sentence] of Object.entries(SENTENCES)) {
    for (const isLittle of [true, false]) {
      const codes = Array.from(`\ufeff<p>${sentence}</p>`, (sign) => sign.codePointAt(0) ?? 0);
      const body = new Uint8Array(4 * codes.length + 4);
      const view = new DataView(body.buffer);
      codes.forEach((code, at) => view.setUint32(4 * at, code, isLittle));
      // No scalar value, at the end.
      view.setUint32(4 * codes.length, 0xd800, isLittle);
      const page = { url: "https://example.org/", contentType: "text/html", body, fetchedAt: "" };
      const result = extractDocument(page);
      assertEquals("text" in result && result.text, `${sentence}\n\n\ufffd`, language);
    }
  }
});
