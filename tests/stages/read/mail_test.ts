import { assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { extractDocument } from "../../../stages/extract/mod.ts";
import { read } from "../../../stages/read/mod.ts";
import type { Document } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

/** The document of a message whose characters are bytes. */
async function documentOf(message: string): Promise<Partial<Document>> {
  const path = `${await scratchDir()}/a.eml`;
  await Deno.writeFile(path, Buffer.from(message, "latin1"));
  const [page] = await Array.fromAsync(read({ paths: [path] }));
  const found = page && extractDocument(page);
  return found !== undefined && "text" in found ? found : {};
}

const utf8 = (text: string) => Buffer.from(text, "utf8").toString("latin1");

Deno.test("flowed text gives whole paragraphs, each with its own quote marks", async () => {
  // Right by RFC 3676: sections 4.2 (flows), 4.3 (signatures), 4.4 (stuffing), 4.5 (quotes), 4.6 (DelSp).
  const cases: [wrapped: string[], text: string, type?: string][] = [
    [
      ["Yes.", "> quoted text that also ", "> flows on."],
      "Yes.\n> quoted text that also flows on.",
    ],
    [[">> deep and ", ">> long", "> less deep ", "> too"], ">> deep and long\n> less deep too"],
    [["> ends with a space ", "answer ", "goes on"], "> ends with a space\nanswer goes on"],
    [[" >stuffed is no quote", "  two"], ">stuffed is no quote\n two"],
    [["ends ", "-- ", "Ann"], "ends \n-- \nAnn"],
    [["> a ", "> -- ", "> Ann"], "> a\n> --\n> Ann"],
    [["日 ", "本"].map(utf8), "日本", "; delsp=yes"],
    [["> 日 ", "> 本"].map(utf8), "> 日本", "; DelSp=Yes"],
    [["no ", "", "space"], "no \nspace"],
  ];
  for (const [wrapped, text, more = ""] of cases) {
    const type = `Content-Type: text/plain; charset=utf-8; format=flowed${more}\r\n\r\n`;
    const found = await documentOf(`${type}${wrapped.join("\r\n")}\r\n`);
    assertEquals(found.text, text, JSON.stringify(wrapped));
    // A forwarded message inside another.
    const inner = await documentOf(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" +
        `Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n${type}${
          wrapped.join("\r\n")
        }\r\n--b--`,
    );
    assertEquals(inner.text?.endsWith(text), true, inner.text);
  }
});

Deno.test("what a mail says of itself, in the forms in which mails say it", async () => {
  // RFC 5322, sections 3.3, 3.4 and 4.3; RFC 2047, section 2; RFC 6532, section 3.2.
  const cases: [header: string, title: string, author?: string | undefined, date?: string][] = [
    ["Subject: =?utf-8?q?caf=C3=A9_at_noon?=\r\nFrom: Ann <a@b.org>", "café at noon", "Ann"],
    // A character divided between words, as Python's email package reads it.
    [
      "Subject: =?utf-8?B?0JPQsNA=?=\r\n =?UTF-8?B?stCw0L3RjA==?=\r\nFrom: a@b.org",
      "Гавань",
      "a@b.org",
    ],
    ["subject: =?iso-8859-1?B?R3L832U=?=\r\nFROM: a@b.org (Ann)", "Grüße", "Ann"],
    [`Subject: ${utf8("Grüße")}\r\nFrom: ${utf8("Jörg")} <a@b.org>`, "Grüße", "Jörg"],
    ["Subject: Viele Gr\xfc\xdfe aus K\xf6ln\r\nFrom: a@b.org", "Viele Grüße aus Köln", "a@b.org"],
    [
      "Subject: =?utf-8?Q?caf=C3=A9?=\r\n =?utf-8?Q?_now?=\r\nSender: s@b.org",
      "café now",
      "s@b.org",
    ],
    ["\xef\xbb\xbfSubject: marked\r\nFrom: A <a@b.org>", "marked", "A"],
    ["Subject: x\r\nDate: Tue, 22 Jan 2019 11:48:21 +0100", "x", undefined, "2019-01-22T10:48:21"],
    ["Subject: x\r\nDate: 22 Jan 19 11:48 EST (old)", "x", undefined, "2019-01-22T16:48:00"],
    ["Subject: x\r\nDate: yesterday", "x"],
  ];
  for (const [header, title, author, date] of cases) {
    for (const lineEnd of ["\r\n", "\n"]) {
      const message = `${header}\r\n\r\nThe body.\r\n`.replaceAll("\r\n", lineEnd);
      const found = await documentOf(message);
      const said = [found.title, found.author, found.date?.slice(0, 19), found.text];
      assertEquals(said, [title, author, date, "The body."], header);
    }
  }
});

Deno.test("text of a mail that says no encoding is read by what it looks like", async () => {
  for (
    const type of ["", "Content-Type: text/plain\r\n", "Content-Type: text/plain; charset=\r\n"]
  ) {
    const latin = await documentOf(
      `${type}Subject: x\r\n\r\nViele Gr\xfc\xdfe aus K\xf6ln am Rhein.`,
    );
    assertEquals(latin.text, "Viele Grüße aus Köln am Rhein.");
    const unicode = await documentOf(`${type}Subject: x\r\n\r\n${utf8("Viele Grüße")}`);
    assertEquals(unicode.text, "Viele Grüße");
  }
});

Deno.test("a page saved as one file is its HTML, and a mailbox is refused by name", async () => {
  const dir = await scratchDir();
  // RFC 2557, section 9; RFC 4155, appendix A.
  const saved = [
    ...["From: <Saved by Blink>", "Subject: A page", "MIME-Version: 1.0"],
    ...['Content-Type: multipart/related; type="text/html"; boundary="x"', "", "--x"],
    ...["Content-Type: text/html", "Content-Transfer-Encoding: quoted-printable", ""],
    ...["<main><p>A saved page =E2=80=94 whole.</p></main>", "--x", "Content-Type: text/css", ""],
    ...["p { color: red }", "--x--", ""],
  ].join("\r\n");
  const box = "From a@b.org Mon Jan  1 00:00:00 2024\nSubject: One\n\nFirst.\n\n" +
    "From a@b.org Tue Jan  2 00:00:00 2024\nSubject: Two\n\nSecond.\n";
  for (const name of ["a.mht", "b.mhtml", "c.mbox"]) {
    await Deno.writeTextFile(`${dir}/${name}`, name === "c.mbox" ? box : saved);
  }
  const paths = ["a.mht", "b.mhtml"].map((name) => `${dir}/${name}`);
  const pages = await Array.fromAsync(read({ paths }));
  const texts = pages.map((page) => {
    const found = extractDocument(page);
    return "title" in found ? [found.title, found.text] : found;
  });
  const whole = ["A page", "A saved page — whole."];
  assertEquals(texts, [whole, whole]);
  await assertRejects(
    async () => await Array.fromAsync(read({ paths: [`${dir}/c.mbox`] })),
    TypeError,
    "c.mbox: a mailbox; write each mail to a file of its own",
  );
});
