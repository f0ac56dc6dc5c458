import { shape } from "./shape.ts";

const widgets =
  `<aside id="secondary" class="widget-area"><section class="widget widget_search"><h2>[[Search the blog]]</h2></section><section class="widget widget_recent_entries"><h2>[[Recent Posts]]</h2><ul><li><a href="1">[[Rust under the deck again]]</a></li><li><a href="2">[[Three ropes compared]]</a></li></ul></section><section class="widget widget_archive"><h2>[[Archives by month]]</h2><ul><li><a href="3">[[October 2018]]</a></li></ul></section></aside>`;
const credit =
  `<footer id="colophon" class="site-footer"><div class="site-info"><a href="w">[[Proudly powered by WordPress]]</a></div></footer>`;
const head =
  `<header id="masthead" class="site-header"><p class="site-title"><a href="/">[[Notes from a boat]]</a></p><nav id="site-navigation" class="main-navigation"><ul><li><a href="/a">[[About this blog]]</a></li><li><a href="/c">[[Contact me here]]</a></li></ul></nav></header>`;

/** Blogs and other sites. */
export const SITES = [
  shape(
    "blog, WordPress",
    `<div id="page" class="site">${head}<div id="content" class="site-content"><main id="main" class="site-main"><article class="post type-post hentry"><header class="entry-header"><h1 class="entry-title">First boat</h1><div class="entry-meta"><span class="posted-on">[[Posted on May 5, 2018]]</span></div></header><div class="entry-content"><p>{11}</p><p>{1}</p><h2>((Second boat))</h2><p>{3}</p><div class="yarpp yarpp-related"><h3>[[Posts like this one:]]</h3><ol><li><a href="r">[[Welding in the rain]]</a></li></ol></div></div><footer class="entry-footer"><span class="cat-links">[[Posted in Boats]]</span><span class="tags-links">[[Tagged steel, water]]</span></footer></article><nav class="navigation post-navigation"><div class="nav-links"><a href="p">[[Previous: A new anchor]]</a></div></nav></main>${widgets}</div>${credit}</div>`,
  ),
  shape(
    "blog, WordPress with comments",
    `<div id="page" class="site">${head}<main id="main"><article class="hentry"><h1 class="entry-title">Anchors</h1><div class="entry-content"><p>{7}</p><p>{4}</p></div></article><div id="comments" class="comments-area"><ol class="commentlist"><li class="comment even"><div class="comment-body"><div class="comment-author vcard"><cite class="fn">Vera</cite></div><div class="comment-meta commentmetadata"><a href="c">[[June 1, 2018 at 9:30 am]]</a></div><p>[[What a lovely post, thank you for sharing it with us all!]]</p></div></li></ol><div id="respond" class="comment-respond"><h3>[[Leave a Reply]]</h3></div></div></main>${widgets}${credit}</div>`,
  ),
  shape(
    "blog, Blogger",
    `<div class="content-outer"><div class="header-outer"><h1 class="title">[[The Bean Row]]</h1></div><div class="tabs-outer"><ul><li><a href="h">[[Home of beans]]</a></li></ul></div><div class="main-outer"><div class="column-center-outer"><div class="date-outer"><h2 class="date-header"><span>[[Sunday, 4 April 2010]]</span></h2><div class="post hentry"><h3 class="post-title entry-title">Heavy soil</h3><div class="post-body entry-content">{8}<br><br>{2}<br><br>{0}</div><div class="post-footer"><div class="post-footer-line"><span class="post-author vcard">[[Posted by Wilma]]</span><span class="post-labels">[[Labels: beans, clay]]</span></div></div></div></div><div class="blog-pager"><a href="n">[[Newer Post link]]</a><a href="o">[[Older Post link]]</a></div></div><div class="column-right-outer"><div class="sidebar section"><div class="widget BlogArchive"><h2>[[Blog Archive]]</h2><ul><li><a href="a">[[April (3) posts]]</a></li></ul></div></div></div></div><div class="footer-outer">[[Simple theme. Powered by Blogger.]]</div></div>`,
  ),
  shape(
    "blog, static generator",
    `<header class="site-header"><div class="wrapper"><a class="site-title" rel="author" href="/">[[Buffers etc.]]</a><nav class="site-nav"><a class="page-link" href="/about/">[[About the author]]</a><a class="page-link" href="/tags/">[[All the tags]]</a></nav></div></header><main class="page-content"><div class="wrapper"><article class="post h-entry" itemscope itemtype="http://schema.org/BlogPosting"><header class="post-header"><h1 class="post-title p-name" itemprop="name headline">Full buffers</h1><p class="post-meta"><time class="dt-published" datetime="2020-02-02">[[Feb 2, 2020]]</time></p></header><div class="post-content e-content" itemprop="articleBody"><p>{1}</p><div class="language-js highlighter-rouge"><div class="highlight"><pre class="highlight"><code>((const writer = stream.getWriter();))</code></pre></div></div><p>{9}</p><blockquote><p>((A queue without an end is a leak with a nicer name.))</p></blockquote><p>{3}</p></div></article></div></main><footer class="site-footer h-card"><div class="wrapper"><p class="feed-subscribe"><a href="/feed.xml">[[Subscribe by feed]]</a></p><p>[[Written on a small boat.]]</p></div></footer>`,
  ),
  shape(
    "blog, Medium's kind",
    `<div id="root"><div class="a b c"><nav class="n"><a href="/">[[Open in app]]</a><button>[[Sign up free]]</button></nav></div><article class="meteredContent"><div class="l"><section><div class="ab"><h1 class="pw-post-title">Locks that wait</h1></div><div class="ac"><a href="u">[[Xaver Yll]]</a><span>[[5 min read · Jan 3, 2021]]</span><button>[[Follow me]]</button></div><p class="pw-post-body-paragraph">{9}</p><p class="pw-post-body-paragraph">{1}</p><h2 class="oo">((Where the time goes))</h2><p class="pw-post-body-paragraph">{10}</p><figure><figcaption>((A queue at the mill))</figcaption></figure></section></div></article><div class="kz"><a href="t">[[Concurrency tag]]</a></div><div class="la"><h2>[[More from Xaver Yll]]</h2><a href="m"><h3>[[Threads I regret]]</h3></a></div></div>`,
  ),
  shape(
    "personal page of the nineties",
    `<body bgcolor="#ffffff"><table width="700"><tr><td colspan="2"><font size="6">[[Yara's Home on the Web]]</font></td></tr><tr><td width="120" valign="top"><a href="1">[[My photo album]]</a><br><a href="2">[[My guestbook]]</a><br><a href="3">[[My links page]]</a></td><td valign="top"><h2>The pass</h2>{7}<p>{5}<p>{4}<hr><font size="1">[[Best viewed at 800x600]]</font></td></tr></table></body>`,
  ),
  shape(
    "thesis page of a university",
    `<div id="uni-head"><ul class="meta-nav"><li><a href="e">[[Students portal]]</a></li><li><a href="s">[[Staff portal]]</a></li></ul></div><div id="left-nav"><ul><li><a href="r">[[Research groups]]</a></li><li><a href="t">[[Teaching this term]]</a></li></ul></div><div id="main-content"><h1>Wet sites</h1><p class="abstract">{10}</p><p>{8}</p><h2>Contact</h2><p>{3}</p></div><div id="uni-foot">[[Last change: 3 May 2015, webmaster]]</div>`,
  ),
  shape(
    "law text",
    `<div class="banner"><a href="/">[[Laws of the Valley]]</a></div><div class="tools-bar"><a href="pdf">[[Download as PDF]]</a></div><div class="law"><h1>Bridge Act</h1><div class="section"><h3>§ 1 ((Purpose of tolls))</h3><p>(1) {7}</p><p>(2) {4}</p></div><div class="section"><h3>§ 2 Exceptions</h3><p>{9}</p><ol><li>((mules and their drivers,))</li><li>((children under seven.))</li></ol></div></div><div class="pager"><a href="n">[[Next act in the book]]</a></div><div class="legal-foot">[[Office of Laws, imprint]]</div>`,
  ),
  shape(
    "glossary",
    `<nav><a href="/">[[Words of the mill]]</a><a href="/az">[[From A to Z]]</a><a href="/new">[[New words here]]</a></nav><main><h1>Glossary</h1><dl><dt>((Leat))</dt><dd>{0}</dd><dt>((Tailrace))</dt><dd>{8}</dd><dt>((Quern))</dt><dd>{2}</dd></dl><p>{10}</p></main><footer><p>[[Compiled by the mill friends]]</p><a href="t">[[Back to the top]]</a></footer>`,
  ),
  shape(
    "questions asked often",
    `<header><a href="/">[[Ferry office]]</a><nav><a href="/t">[[Timetable today]]</a><a href="/p">[[Prices per head]]</a></nav></header><main><h1>Questions</h1><div class="accordion"><div class="accordion-item"><h2 class="accordion-header"><button class="accordion-button">Does it run in winter?</button></h2><div class="accordion-collapse"><div class="accordion-body"><p>{9}</p></div></div></div><div class="accordion-item"><h2>((Who paints it?))</h2><div class="accordion-body"><p>{1}</p></div></div><div class="accordion-item"><h2>((Can I bring a mule?))</h2><div class="accordion-body"><p>{7}</p></div></div></div></main><footer><p>[[Ferry office, Pier 2]]</p><p>[[Phone 555-0123, mornings]]</p></footer>`,
  ),
  shape(
    "a page in one form",
    `<form id="aspnetForm" action="x"><div class="top-menu"><a href="/">[[Town hall portal]]</a><a href="/b">[[Bulky waste dates]]</a><a href="/c">[[Council minutes]]</a></div><div id="ctl00_body"><h1>Library</h1><div class="richtext"><p>{2}</p><p>{8}</p><p>{11}</p></div></div><div class="bottom-menu"><a href="i">[[Imprint of the town]]</a><a href="a">[[Accessibility notice]]</a></div></form>`,
  ),
  shape(
    "transcript",
    `<header><a href="/">[[Valley Radio]]</a><nav><a href="/s">[[All shows]]</a><a href="/l">[[Listen live]]</a></nav></header><main><h1>On bells</h1><p class="intro">{10}</p><div class="transcript"><p><b>ANNA:</b> ((So you hear it from the other side of the lake?))</p><p><b>BERT:</b> {5}</p><p><b>ANNA:</b> ((And does the weather really change?))</p><p><b>BERT:</b> {4}</p></div><div class="player-box"><p>[[Download this episode (24 MB)]]</p></div></main><footer><p>[[Copyright Valley Radio]]</p><a href="f">[[Podcast feed here]]</a></footer>`,
  ),
];
