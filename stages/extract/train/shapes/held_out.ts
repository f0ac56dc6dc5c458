import { shape } from "./shape.ts";

/** Pages that the model does not learn from: how well it reads shapes that it has not seen. */
export const HELD_OUT = [
  shape(
    "mdBook",
    `<div id="body-container"><nav id="sidebar" class="sidebar"><div class="sidebar-scrollbox"><ol class="chapter"><li class="chapter-item"><a href="a">[[1. Foreword page]]</a></li><li class="chapter-item"><a href="b" class="active">[[2. Using timers]]</a></li><li class="chapter-item"><a href="c">[[3. Using locks]]</a></li></ol></div></nav><div id="page-wrapper" class="page-wrapper"><div class="page"><div id="menu-bar" class="menu-bar"><h1 class="menu-title">[[The Clock Book]]</h1></div><div id="content" class="content"><main><h1 id="t"><a class="header" href="#t">Using timers</a></h1><p>{1}</p><pre><code class="language-rust">((let timer = Timer::new();))</code></pre><p>{9}</p><ul><li>((Timers are cheap.))</li></ul><p>{4}</p></main><nav class="nav-wrapper" aria-label="Page navigation"><a rel="prev" href="a">[[Previous chapter]]</a></nav></div></div></div></div>`,
  ),
  shape(
    "Doxygen",
    `<div id="top"><div id="titlearea"><table><tr><td id="projectalign"><div id="projectname">[[libferry 2.0]]</div></td></tr></table></div><div id="main-nav"><ul><li><a href="m">[[Main Page tab]]</a></li><li><a href="c">[[Classes tab]]</a></li></ul></div></div><div class="header"><div class="summary"><a href="#p">[[Public Member Functions]]</a></div><div class="headertitle"><div class="title">Ferry Class Reference</div></div></div><div class="contents"><a name="details"></a><h2 class="groupheader">Detailed Description</h2><div class="textblock"><p>{1}</p><p>{5}</p></div><h2 class="groupheader">Member Function Documentation</h2><div class="memitem"><div class="memproto"><table class="memname"><tr><td class="memname">void Ferry::paint</td></tr></table></div><div class="memdoc"><p>{9}</p></div></div></div><hr class="footer"/><address class="footer"><small>[[Generated on Sat Jan 1 2022 by Doxygen]]</small></address>`,
  ),
  shape(
    "GNU manual, Texinfo",
    `<a name="Locks"></a><div class="header"><p>[[Next: <a href="t" accesskey="n" rel="next">Timers</a>, Previous: <a href="q" rel="prev">Queues</a>, Up: <a href="index.html" rel="up">Top</a>]]</p></div><hr><h2 class="chapter">3 Locks</h2><p>{9}</p><p>{3}</p><dl compact="compact"><dt>((--wait))</dt><dd><p>((Waits for the lock at most ten seconds.))</p></dd></dl><div class="example"><pre class="example">((lock --wait door))</pre></div><p>{10}</p><hr><div class="header"><p>[[<a href="c" rel="contents">Contents</a> <a href="i" rel="index">Index of concepts</a>]]</p></div>`,
  ),
  shape(
    "project page with a readme",
    `<header role="banner"><a href="/">[[Forge home]]</a><ul><li><a href="/e">[[Explore forge]]</a></li></ul></header><div class="repo-header"><h1><a href="u">anna</a>/<a href="r">mill</a></h1><ul class="tabs"><li><a href="i">[[Issues (7)]]</a></li><li><a href="p">[[Pull requests (2)]]</a></li></ul></div><table class="files"><tr><td><a href="1">[[LICENSE file]]</a></td><td>[[3 years ago]]</td></tr><tr><td><a href="2">[[main.c file]]</a></td><td>2 days ago</td></tr></table><div id="readme" class="Box"><article class="markdown-body entry-content"><h1>mill</h1><p>{0}</p><h2>((Building it))</h2><pre><code>((make &amp;&amp; make install))</code></pre><p>{9}</p><p>{5}</p></article></div><footer><p>[[Forge terms and privacy]]</p></footer>`,
  ),
  shape(
    "forum, old tables",
    `<table class="tborder" width="100%"><tr><td class="alt1"><a href="/">[[Boat Forums]]</a> &gt; <a href="/f">[[Engines]]</a></td><td><a href="l">[[Log in to boats]]</a></td></tr></table><table id="post11" class="tborder"><tr><td class="thead">[[02-03-2005, 11:20 AM]]</td></tr><tr><td class="alt2"><div id="postmenu_11"><a class="bigusername" href="u">zeno</a></div><div class="smallfont">[[Junior sailor]]</div></td></tr><tr><td class="alt1" id="td_post_11"><div id="post_message_11">{11}</div></td></tr></table><table id="post12" class="tborder"><tr><td class="thead">[[02-03-2005, 01:45 PM]]</td></tr><tr><td class="alt2"><a class="bigusername" href="u">yves</a></td></tr><tr><td class="alt1" id="td_post_12"><div id="post_message_12">{6}</div></td></tr></table><div class="smallfont" align="center">[[All times are GMT. The time now is 10:14 PM.]]</div>`,
  ),
  shape(
    "news, Drupal",
    `<div class="layout-container"><header role="banner"><a href="/">[[County Echo]]</a></header><nav role="navigation"><ul class="menu"><li><a href="a">[[Council news]]</a></li><li><a href="b">[[Road news]]</a></li></ul></nav><main role="main"><div class="region region-content"><article class="node node--type-article"><h1 class="page-title"><span class="field field--name-title">Cheaper valves</span></h1><div class="node__meta">[[Submitted by editor on Fri, 05/03/2019]]</div><div class="node__content"><div class="field field--name-body field__item"><p>{6}</p><p>{10}</p><p>{2}</p></div><div class="field field--name-field-tags"><div class="field__label">[[Tags of this story]]</div><div class="field__item"><a href="t">[[valves and pipes]]</a></div></div></div></article></div></main><aside role="complementary"><h2>[[Recent content]]</h2><ul><li><a href="r">[[Tunnel reopens at last]]</a></li></ul></aside><footer role="contentinfo">[[Powered by Drupal]]</footer></div>`,
  ),
  shape(
    "blog, Ghost",
    `<div class="viewport"><header class="gh-head"><a class="gh-head-logo" href="/">[[Slow Letters]]</a><nav class="gh-head-menu"><ul class="nav"><li><a href="a">[[About slow letters]]</a></li></ul></nav><a class="gh-head-btn" href="s">[[Subscribe for free]]</a></header><main class="site-main"><article class="article post"><header class="article-header gh-canvas"><h1 class="article-title">Press in a cellar</h1><div class="article-byline"><h4 class="author-name">[[Mona Ruh]]</h4><div class="byline-meta-content">[[Jul 9, 2021 • 4 min read]]</div></div></header><section class="gh-content gh-canvas"><p>{3}</p><p>{11}</p><h2 id="x">((Ink and seeds))</h2><p>{5}</p></section></article></main><section class="footer-cta"><h2>[[Sign up for more like this.]]</h2></section><aside class="read-more-wrap"><h4>[[The smallest type I own]]</h4></aside><footer class="site-footer">[[Slow Letters © 2022. Powered by Ghost]]</footer></div>`,
  ),
  shape(
    "shop, Shopify",
    `<div class="announcement-bar"><p>[[Free shipping over 40]]</p></div><header class="site-header"><a href="/">[[Quern & Co]]</a><ul class="site-nav"><li><a href="a">[[Stones collection]]</a></li><li><a href="b">[[Sieves collection]]</a></li></ul></header><main class="main-content"><div class="product-single"><h1 class="product-single__title">Hand mill</h1><span class="price-item">[[$120.00 USD]]</span><button>[[Sold out now]]</button><div class="product-single__description rte"><p>{0}</p><p>{8}</p><ul><li>((Stone from the upper valley))</li></ul></div></div><div class="product-recommendations"><h2>[[You may also like]]</h2><div class="grid__item"><a href="x">[[Oat roller, small]]</a></div></div></main><footer><p>[[© 2022, Quern & Co Powered by Shopify]]</p></footer>`,
  ),
];
