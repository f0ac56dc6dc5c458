/** What pages declare of themselves, in the forms that programs of the web write. */
import { assertEquals } from "@std/assert";
import { ENGINES, extractDocument } from "../../../stages/extract/mod.ts";

const ld = (value: unknown) =>
  `<script type="application/ld+json">${JSON.stringify(value)}</script>`;

/** A head, and what a reader would say the page is. */
const HEADS: readonly { name: string; head: string; body?: string; expected: object }[] = [
  {
    name: "a graph of JSON-LD with references",
    head: `<title>A new weir - Valley Paper</title>${
      ld({
        "@context": "https://schema.org",
        "@graph": [
          { "@type": "WebSite", "@id": "#site", "name": "Valley Paper" },
          { "@type": "Organization", "@id": "#org", "name": "Valley Press" },
          { "@type": "Person", "@id": "#nina", "name": "Nina Brook" },
          { "@type": "WebPage", "name": "A new weir - Valley Paper" },
          {
            "@type": ["NewsArticle"],
            "headline": "A new weir",
            "datePublished": "2020-03-04T08:00:00+01:00",
            "author": [{ "@id": "#nina" }, { "@type": "Person", "name": "Otto" }],
            "publisher": { "@id": "#org" },
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "keywords": "weir, brook",
            "inLanguage": "en-GB",
          },
        ],
      })
    }`,
    expected: {
      title: "A new weir",
      author: "Nina Brook, Otto",
      date: "2020-03-04T08:00:00+01:00",
      lang: "en-GB",
      license: "https://creativecommons.org/licenses/by/4.0/",
      siteName: "Valley Paper",
      tags: ["weir", "brook"],
    },
  },
  {
    name: "Open Graph",
    head:
      `<title>Ferry painted « Valley Paper</title><meta property="og:title" content="Ferry painted">
<meta property="og:site_name" content="Valley Paper"><meta property="article:published_time" content="2021-05-06T07:08:09Z">
<meta property="article:author" content="https://social.example/otto"><meta property="article:tag" content="ferry"><meta property="article:tag" content="paint, tar">`,
    expected: {
      title: "Ferry painted",
      date: "2021-05-06T07:08:09Z",
      lang: "und",
      siteName: "Valley Paper",
      tags: ["ferry", "paint", "tar"],
    },
  },
  {
    name: "elements of HTML",
    head: `<title>Bread in a cold kitchen | Mill Notes</title>
<meta name="author" content="Pia Miller"><meta name="keywords" content="bread; yeast"><meta name="application-name" content="Mill Notes">`,
    body: `<h1>Bread in a cold kitchen</h1><p>By <a rel="author" href="p">Somebody else</a>,
<time datetime="2019-01-02">2 January</time>, <a rel="nofollow license" href="/cc-by">some rights reserved</a>.</p>`,
    expected: {
      title: "Bread in a cold kitchen",
      author: "Pia Miller",
      date: "2019-01-02",
      lang: "und",
      license: "/cc-by",
      siteName: "Mill Notes",
      tags: ["bread", "yeast"],
    },
  },
  {
    name: "broken JSON-LD, and a colon in the title",
    head:
      `<title>Clocks: a history</title><script type="application/ld+json">{"headline": "Clo</script>
<script type="application/ld+json">[null, 7, {"@type": 3}, {"@type": "Person", "name": "Nobody"}]</script>`,
    body: `<h1>Clocks</h1>`,
    expected: { title: "Clocks: a history", lang: "und" },
  },
];

for (const { name, head, body = "", expected } of HEADS) {
  for (const engine of ENGINES) {
    Deno.test(`${engine}: metadata by ${name}`, () => {
      const result = extractDocument({
        url: "https://valley.example/weir",
        contentType: "text/html",
        body: new TextEncoder().encode(
          `<html><head>${head}</head><body>${body}<p>Some text of its own.</p></body></html>`,
        ),
        fetchedAt: "",
      }, { engine });
      if ("reason" in result) throw new Error(result.detail);
      const { id: _id, url: _url, fetchedAt: _at, text: _text, ...declared } = result;
      assertEquals(declared, expected);
    });
  }
}
