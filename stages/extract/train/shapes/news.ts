import { shape } from "./shape.ts";

const top = (site: string) =>
  `<header class="site-header"><a class="logo" href="/">[[${site}]]</a><nav class="main-nav"><ul><li><a href="/p">[[Politics desk]]</a></li><li><a href="/s">[[Sports desk]]</a></li><li><a href="/w">[[Weather map]]</a></li></ul></nav></header>`;
const foot = (site: string) =>
  `<footer class="site-footer"><ul><li><a href="/i">[[Imprint of ${site}]]</a></li><li><a href="/c">[[Cookie settings]]</a></li></ul><p>[[© 2022 ${site}. All rights reserved.]]</p></footer>`;
const teaser = (text: string) =>
  `<li class="teaser"><a href="/x"><h3 class="teaser__title">[[${text}]]</h3></a></li>`;
const share =
  `<div class="social-share"><a class="share-facebook" href="f">[[Share on Facebook]]</a><a class="share-mail" href="m">[[Send by mail]]</a></div>`;

/** Articles of newspapers and magazines. */
export const NEWS = [
  shape(
    "news, an article among teasers",
    `${
      top("Valley Post")
    }<div class="layout"><main><article class="article"><header class="article__header"><p class="kicker">[[Region]]</p><h1>Library stays open</h1><p class="article__lead">{2}</p><div class="byline">[[By Quentin Rell, 4 March 2022]]</div></header>${share}<div class="article__body"><p>{6}</p><p>{8}</p><div class="inline-teaser related-inline"><span>[[Read also:]]</span><a href="r">[[Why the bus no longer stops]]</a></div><h2>((Letters by the hundred))</h2><p>{10}</p></div></article><section class="more-stories"><h2>[[More from the region]]</h2><ul>${
      teaser("Tree falls on line near tunnel")
    }${teaser("Ferry back after painting")}${
      teaser("Beans fail in dry spell")
    }</ul></section></main><aside class="sidebar"><h2>[[Most read today]]</h2><ol><li><a href="1">[[Bell heard in three villages]]</a></li></ol></aside></div>${
      foot("Valley Post")
    }`,
  ),
  shape(
    "news, divs alone",
    `<div id="wrapper"><div id="top"><a href="/">[[Morning Sheet]]</a></div><div id="menu"><a href="a">[[Home page of Sheet]]</a> <a href="b">[[Archive since 1998]]</a></div><div id="middle"><div id="left"><div class="box"><div class="boxtitle">[[Latest headlines]]</div><div class="boxitem"><a href="1">[[Mayor opens the ford]]</a></div></div></div><div id="center"><div class="headline">Two trains late</div><div class="date">[[12.03.2009 14:22]]</div><div class="entry share"><div>{6}</div><div>{8}</div><div>{3}</div></div><div class="tools">[[Print this page | Send to a friend]]</div></div></div><div id="bottom">[[Morning Sheet, Mill Lane 4]]</div></div>`,
  ),
  shape(
    "news, text in a sidebar_content",
    `${
      top("Hill Herald")
    }<div class="sidebar-and-content-body"><div class="sidebar_content"><h1>Salt on mules</h1><p>{7}</p><p>{5}</p><p>{10}</p></div><div class="sidebar_right"><div class="widget"><h4>[[Newsletter every Monday]]</h4><p>[[Sign up and never miss a story.]]</p></div></div></div>${
      foot("Hill Herald")
    }`,
  ),
  shape(
    "news, comments below",
    `${
      top("Ferry Times")
    }<div class="content-area"><article class="post"><h1 class="entry-title">Ferry painted</h1><div class="entry-meta"><span class="posted-on">[[Posted on 5 May 2019]]</span></div><div class="entry-content"><p>{1}</p><p>{11}</p><p>{6}</p></div></article><div id="comments" class="comments-area"><h2 class="comments-title">[[3 thoughts on “Ferry painted”]]</h2><ol class="comment-list"><li class="comment"><div class="comment-author">[[Rosa says:]]</div><div class="comment-content"><p>[[I liked the old green much better, to be honest with you.]]</p></div><div class="reply"><a href="r">[[Reply to Rosa]]</a></div></li><li class="comment"><div class="comment-content"><p>[[Will it run on the holiday as well? Nobody has told us.]]</p></div></li></ol><div id="respond"><h3>[[Leave a Comment]]</h3><p>[[Your email address will not be published.]]</p></div></div></div>${
      foot("Ferry Times")
    }`,
  ),
  shape(
    "news, schema.org",
    `${
      top("Bell Daily")
    }<div itemscope itemtype="http://schema.org/NewsArticle"><h1 itemprop="headline">Bell to be moved</h1><div class="author-box"><span itemprop="author">Sven Tor</span><p>[[Sven writes about towers and the people in them.]]</p></div><div itemprop="articleBody"><p>{10}</p><p>{5}</p><figure><img src="b.jpg" alt=""><figcaption>[[Photo: Bell Daily/Tor]]</figcaption></figure><p>{8}</p></div></div><div class="article-tags"><a href="t1">[[bells tag]]</a><a href="t2">[[towers tag]]</a></div><div class="outbrain"><p>[[You may also like these stories]]</p><a href="o">[[Ten towers you must climb]]</a></div>${
      foot("Bell Daily")
    }`,
  ),
  shape(
    "news, in German",
    `<header class="kopf"><a href="/">[[Talbote]]</a><nav><ul><li><a href="/p">[[Politik im Tal]]</a></li><li><a href="/s">[[Sport im Tal]]</a></li></ul></nav></header><main><article><h1>Die Mühle mahlt wieder</h1><p class="vorspann">((Nach zwei Jahren Stillstand dreht sich das Rad der alten Mühle seit Montag wieder.))</p><p>((Die Gemeinde hat dafür rund vierzigtausend Euro ausgegeben, wie der Bürgermeister am Abend sagte.))</p><p>((Besucher dürfen an jedem ersten Sonntag zusehen, wie das Korn gemahlen wird.))</p><p class="mehr-zum-thema">[[Mehr zum Thema:]] <a href="x">[[So backt man mit altem Korn]]</a></p><p>((Das Mehl wird im Dorfladen verkauft, solange der Vorrat reicht.))</p></article><section class="weitere-artikel"><h2>[[Weitere Artikel]]</h2><ul><li><a href="1">[[Brücke bleibt gesperrt]]</a></li><li><a href="2">[[Fähre frisch gestrichen]]</a></li></ul></section></main><footer><a href="i">[[Impressum]]</a> <a href="d">[[Datenschutz]]</a></footer>`,
  ),
  shape(
    "news, in Spanish",
    `<div class="cabecera"><a href="/">[[El Valle]]</a><ul class="menu"><li><a href="/d">[[Deportes del valle]]</a></li><li><a href="/c">[[Cultura del valle]]</a></li></ul></div><div class="noticia"><h1>Vuelve el molino</h1><div class="compartir"><a href="f">[[Compartir en Facebook]]</a></div><div class="texto"><p>((El viejo molino vuelve a moler después de dos años de obras, según informó ayer el ayuntamiento.))</p><p>((Los vecinos podrán visitarlo el primer domingo de cada mes, siempre que el arroyo lleve agua.))</p><p>((La harina se venderá en la tienda del pueblo.))</p></div></div><div class="relacionadas"><h3>[[Noticias relacionadas]]</h3><ul><li><a href="1">[[El puente sigue cerrado]]</a></li></ul></div><div class="pie">[[Aviso legal y privacidad]]</div>`,
  ),
  shape(
    "news, live ticker",
    `${
      top("Snow Wire")
    }<main><h1>Storm at the pass</h1><p class="lead">{9}</p><div class="liveblog"><div class="liveblog-entry"><time>10:20</time><h3>((Road closed above the hut))</h3><p>{6}</p></div><div class="liveblog-entry"><time>09:05</time><p>{2}</p></div></div></main><div class="cookie-banner"><p>[[We and our 800 partners store cookies on your device.]]</p><button>[[Accept all]]</button></div>${
      foot("Snow Wire")
    }`,
  ),
  shape(
    "interview",
    `${
      top("Boat Monthly")
    }<main class="content"><article><h1>She welds</h1><p><strong>((When did you build the first one?))</strong></p><p>{11}</p><p><strong>((And what came after that?))</strong></p><p>{3}</p><div class="newsletter-box"><h3>[[Stay afloat]]</h3><p>[[Our letter comes once a month, free of charge.]]</p></div><p><strong>((Would you do it again?))</strong></p><p>{1}</p><div class="author-bio"><p>[[Tilda Wem has written for Boat Monthly since 2003.]]</p></div></article></main>${
      foot("Boat Monthly")
    }`,
  ),
  shape(
    "press release",
    `${
      top("Valve Makers Inc")
    }<div class="press-release"><div class="pr-date">[[Springfield, 9 June 2020]]</div><h1>Quiet valve</h1><div class="pr-text"><p>{6}</p><p>{10}</p><ul><li>((Closes within a tenth of a second))</li><li>((Costs less than a loaf of bread))</li></ul><p>{4}</p></div><div class="pr-contact"><h4>[[Press contact]]</h4><p>[[Uwe Vorn, phone 555-0100]]</p></div></div>${
      foot("Valve Makers Inc")
    }`,
  ),
  shape(
    "news, classes that say nothing",
    `<div class="a1"><div class="b7"><a class="c3" href="/">[[Quern Gazette]]</a><div class="d9"><a class="c3" href="/1">[[Town pages]]</a><a class="c3" href="/2">[[Farm pages]]</a><a class="c3" href="/3">[[Letters pages]]</a></div></div><div class="e2"><h1 class="f4">Cold dough</h1><div class="g5">[[3 min read]]</div><div class="h6"><p class="i8">{2}</p><p class="i8">{5}</p><p class="i8">{8}</p><p class="i8">{0}</p></div></div><div class="j1"><div class="k2">[[Up next for you]]</div><div class="l3"><a class="c3" href="/4">[[Rye that rises twice]]</a></div><div class="l3"><a class="c3" href="/5">[[Ovens of the upper valley]]</a></div></div><div class="m4">[[Gazette Media Group, all rights reserved]]</div></div>`,
  ),
];
