/** Pages that nobody would write, made from a seed: markup cut, mixed up and left open. */
import { randomStream } from "../../../model/random.ts";

const PIECES = [
  ..."< > / = ! ? - & ; ' \" [ ] # x a A 0 é \u{1f600} \u00a0 \u2028".split(" "),
  ...[" ", "\n", "\r", "\r\n", "\t", "\f", "text", "two words", "&amp", "&lt;", "&#x41;", "&#65"],
  ...["&notit;", "&#0;", "&#x80;", "&#xD800;", "&#1114112;", "&nbsp;", "&bogus;", "&copy=", "&&"],
  ...["<!--", "-->", "--!>", "<!-->", "<!--->", "<!---!>", "--", "<!", "<!x>", "<?xml?>", "</"],
  ...["</ x>", "</>", "<!DOCTYPE html>", "<!doctype 'a>b'>", "<![CDATA[", "]]>", "<3", "</3>"],
  ...["<p>", "</p>", "<div class=a>", "</div>", "<br/>", "</br>", "<b", "<i>", "</b >", "<hr>"],
  ...["<a href='x>y'>", "</a>", '<a title="&lt">', "<a b c=d e = 'f'>", "<a/b/>", "<a =b>"],
  ...["<a ''=\"\">", "<a b=c/>", "<a b='c'd>", "<SPAN Hidden>", "</SPAN\n>", "<x-y>", "<p/>"],
  ...["<script>", "</script>", "</script x>", "</SCRIPT/>", "</scripty>", "<script/>", "<style>"],
  ...["</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<xmp>", "</xmp>"],
  ...["<iframe>", "</iframe>", "<noscript>", "</noscript>", "<plaintext>", "<template>"],
  ...["<svg>", "</svg>", "<svg/>", "<path/>", "<math>", "<mi>", "</math>", "<foreignObject>"],
  ...["<table>", "<tr>", "<td>", "<th colspan=1000000>", "</table>", "<caption>", "<select>"],
  ...["<option>", "<ul>", "<ol>", "<li>", "<dl>", "<dt>", "<dd>", "</ul>", "<pre>", "</pre>"],
  ...["<main>", "</main>", "<article>", "<nav>", "</nav>", "<h1>", "</h2>", "<head>", "</head>"],
  ...["<body class=nav>", "</body>", "<html lang=en>", "</html>", "<frameset>", "<meta charset>"],
];

const PAGE = `<!DOCTYPE html><html lang="en"><head><title>A page</title><meta name=author
content='A &amp; B'><style>p > a { }</style><script>if (a < b) "<p>";</script></head><body
class="home"><nav id=menu><ul><li><a href="/?a=1&amp;b=2">Home</a><li><a href=/x>X</a></ul></nav>
<!-- a comment --><main><h1>Heading</h1><p>Some text that runs on, &quot;quoted&quot; and
<em>stressed</em>, with <a href='/l'>a link</a> &mdash; and more of it.</p><ol><li>one<li>two</ol>
<table><tr><td>a<td>b</table><pre>code {\n  x;\n}</pre><svg><title>t</title><path d="M0"/></svg>
<p hidden>unseen</p></main><footer>&copy; nobody</footer></body></html>`;

/** Page number `index` of `seed`: half are pieces in any order, half a page with faults put in. */
export function hostilePage(seed: number, index: number): string {
  const random = randomStream(seed, { name: "hostile-html", epoch: index });
  let drawn = 0;
  const below = (limit: number) => random.word(drawn++) % limit;
  const piece = () => PIECES[below(PIECES.length)] as string;
  if (index % 2 === 0) return Array.from({ length: 1 + below(60) }, piece).join("");
  let page = PAGE;
  for (let faults = 1 + below(12); faults > 0; faults--) {
    const at = below(page.length + 1), length = below(40);
    const [before, after] = [page.slice(0, at), page.slice(at)];
    const fault = below(4);
    if (fault === 0) page = before + after.slice(length);
    else if (fault === 1) page = before + piece() + after;
    else if (fault === 2) page = before + after.slice(0, length) + after;
    else page = after.slice(0, length) + before + after;
  }
  return page;
}
