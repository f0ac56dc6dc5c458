import { shape } from "./shape.ts";

const sphinxSide =
  `<div class="sphinxsidebar" role="navigation" aria-label="main navigation"><div class="sphinxsidebarwrapper">
<h3><a href="index.html">[[Table of Contents]]</a></h3><ul><li><a href="#a">[[Queues opened first]]</a></li><li><a href="#b">[[Closing it again]]</a></li></ul>
<div><h4>[[Previous topic]]</h4><p class="topless"><a href="p.html">[[Heaps and stacks]]</a></p></div>
<div role="note"><h3>[[This Page]]</h3><ul class="this-page-menu"><li><a href="s.txt">[[Show Source]]</a></li></ul></div></div></div>`;
const sphinxRel =
  `<div class="related" role="navigation" aria-label="related navigation"><h3>Navigation</h3><ul>
<li class="right" style="margin-right: 10px"><a href="genindex.html">[[index of everything]]</a></li><li class="right"><a href="m.html">modules</a> |</li>
<li class="nav-item nav-item-0"><a href="index.html">[[Queues 2.1 documentation]]</a> &#187;</li></ul></div>`;
const debianNav =
  `<div class="navheader"><table width="100%"><tr><th colspan="3" align="center">[[Chapter 4. Day to day work]]</th></tr>
<tr><td width="20%" align="left"><a accesskey="p" href="c.html">[[Prev page]]</a></td><td><a href="i.html">Up</a></td><td width="20%" align="right"><a accesskey="n" href="d.html">[[Next page]]</a></td></tr></table><hr></div>`;

/** Manuals and reference pages, as their generators write them. */
export const DOCS = [
  shape(
    "Sphinx, classic theme",
    `${sphinxRel}<div class="document"><div class="documentwrapper"><div class="bodywrapper"><div class="body" role="main">
<section id="queues"><h1>((Queues for beginners))<a class="headerlink" href="#queues" title="Link">¶</a></h1><p>{0}</p><section id="a"><h2>Opening a queue<a class="headerlink" href="#a">¶</a></h2><p>{1}</p>
<dl class="py function"><dt class="sig sig-object py" id="q.open"><span class="sig-name descname"><span class="pre">open_queue</span></span><span class="sig-paren">(</span><em class="sig-param">size</em>)</dt><dd><p>{3}</p></dd></dl>
<div class="admonition note"><p class="admonition-title">Note</p><p>{4}</p></div><div class="highlight-python3 notranslate"><div class="highlight"><pre>((queue = open_queue(12)))
queue.close()</pre></div></div></section></section><div class="clearer"></div></div></div></div>${sphinxSide}<div class="clearer"></div></div>
<div class="footer" role="contentinfo">[[© Copyright 2021, the queue people.]] Created using <a href="x">Sphinx</a> 4.</div>`,
  ),
  shape(
    "Sphinx, Read the Docs theme",
    `<div class="wy-grid-for-nav"><nav data-toggle="wy-nav-shift" class="wy-nav-side"><div class="wy-side-scroll"><div class="wy-side-nav-search"><a class="icon icon-home" href="i">[[valvelib home]]</a></div>
<div class="wy-menu wy-menu-vertical" role="navigation"><p class="caption"><span>[[First steps menu]]</span></p><ul class="current"><li class="toctree-l1 current"><a href="#">[[Installing the valve]]</a></li><li class="toctree-l1"><a href="u">[[Upgrading the valve]]</a></li></ul></div></div></nav>
<section class="wy-nav-content-wrap"><div class="wy-nav-content"><div class="rst-content"><div role="navigation" aria-label="breadcrumbs navigation"><ul class="wy-breadcrumbs"><li><a href="i">Docs</a> &raquo;</li><li>Installing</li><li class="wy-breadcrumbs-aside"><a href="s">[[View page source]]</a></li></ul></div>
<div role="main" class="document" itemscope itemtype="http://schema.org/Article"><div itemprop="articleBody"><section id="installing"><h1>Installing<a class="headerlink" href="#installing">¶</a></h1><p>{6}</p><ol class="arabic simple"><li><p>((Turn the water off.))</p></li><li><p>((Screw the valve in by hand.))</p></li></ol><p>{7}</p></section></div></div>
<footer><div class="rst-footer-buttons" role="navigation"><a href="n" class="btn btn-neutral float-right">[[Next chapter]]</a></div><hr/><div role="contentinfo"><p>[[&#169; Copyright 2020, Valve makers.]]</p></div>[[Built with a theme provided by Read the Docs.]]</footer></div></div></section></div>`,
  ),
  shape(
    "Furo",
    `<div class="page"><aside class="sidebar-drawer"><div class="sidebar-container"><div class="sidebar-sticky"><a class="sidebar-brand" href="i"><span>[[ferry documentation brand]]</span></a><div class="sidebar-tree"><ul><li class="toctree-l1"><a href="a">[[Boarding rules]]</a></li><li class="toctree-l1"><a href="b">[[Timetable format]]</a></li></ul></div></div></div></aside>
<div class="main"><div class="content"><div class="article-container"><a href="#" class="back-to-top muted-link"><span>[[Back to top]]</span></a><article role="main" id="furo-main-content"><section id="x"><h1>Painting a ferry</h1><p>{1}</p><p>{2}</p><table class="docutils align-default"><thead><tr><th>Colour</th><th>Days</th></tr></thead><tbody><tr><td>((Green of copper))</td><td>four</td></tr></tbody></table><p>{5}</p></section></article></div>
<footer><div class="related-pages"><a class="next-page" href="n"><div class="page-info"><div class="context"><span>[[Next]]</span></div><div class="title">[[Timetable formats explained]]</div></div></a></div><div class="bottom-of-page"><div class="copyright">[[Copyright &#169; 2022, Ferry crew]]</div></div></footer></div>
<aside class="toc-drawer"><div class="toc-sticky"><div class="toc-title-container"><span class="toc-title">[[On this page]]</span></div><ul><li><a class="reference internal" href="#x">[[Painting, step by step]]</a></li></ul></div></aside></div></div>`,
  ),
  shape(
    "Docusaurus",
    `<div id="__docusaurus"><nav class="navbar navbar--fixed-top"><div class="navbar__inner"><div class="navbar__items"><a class="navbar__brand" href="/"><b class="navbar__title">[[Bufferly brand]]</b></a><a class="navbar__item navbar__link" href="/docs">[[Docs section]]</a><a class="navbar__item navbar__link" href="/blog">[[Blog section]]</a></div></div></nav>
<div class="main-wrapper"><div class="docsWrapper_BCFX"><aside class="theme-doc-sidebar-container"><nav class="menu thin-scrollbar"><ul class="theme-doc-sidebar-menu menu__list"><li class="theme-doc-sidebar-item-link menu__list-item"><a class="menu__link" href="a">[[Reading from a buffer]]</a></li><li class="menu__list-item"><a class="menu__link menu__link--active" href="b">[[Writing to a buffer]]</a></li></ul></nav></aside>
<main class="docMainContainer_gTbr"><div class="container padding-top--md"><div class="row"><div class="col docItemCol_VOVn"><div class="docItemContainer_Djhp"><article><nav class="theme-doc-breadcrumbs"><ul class="breadcrumbs"><li class="breadcrumbs__item"><span class="breadcrumbs__link">[[Guides crumb]]</span></li></ul></nav>
<div class="theme-doc-markdown markdown"><header><h1>Writing</h1></header><p>{1}</p><h2 class="anchor" id="full">((When it is full))<a class="hash-link" href="#full">​</a></h2><p>{9}</p><div class="theme-admonition theme-admonition-tip alert alert--success"><div class="admonitionHeading_tbUL">tip</div><div class="admonitionContent_S0QG"><p>{3}</p></div></div><div class="language-js codeBlockContainer_Ckt0"><pre class="prism-code"><code><span class="token-line">((await writer.ready;))</span></code></pre></div></div>
<footer class="theme-doc-footer docusaurus-mt-lg"><div class="col"><a href="e" class="theme-edit-this-page">[[Edit this page]]</a></div><div class="col lastUpdated_vwxv">[[Last updated on Mar 3, 2022]]</div></footer></article><nav class="pagination-nav docusaurus-mt-lg"><a class="pagination-nav__link" href="p"><div class="pagination-nav__sublabel">[[Previous]]</div><div class="pagination-nav__label">[[Reading from buffers]]</div></a></nav></div></div>
<div class="col col--3"><div class="tableOfContents_bqdL thin-scrollbar theme-doc-toc-desktop"><ul class="table-of-contents"><li><a class="table-of-contents__link" href="#full">When it is full</a></li></ul></div></div></div></div></main></div></div>
<footer class="footer footer--dark"><div class="footer__title">[[Community links]]</div><div class="footer__copyright">[[Copyright © 2022 Bufferly, Inc.]]</div></footer></div>`,
  ),
  shape(
    "MkDocs Material",
    `<header class="md-header" data-md-component="header"><nav class="md-header__inner md-grid"><div class="md-header__topic"><span class="md-ellipsis">[[Lampkit handbook]]</span></div><div class="md-search"><form class="md-search__form"><input></form></div></nav></header>
<div class="md-container"><main class="md-main"><div class="md-main__inner md-grid"><div class="md-sidebar md-sidebar--primary"><nav class="md-nav md-nav--primary"><ul class="md-nav__list"><li class="md-nav__item"><a class="md-nav__link" href="a">[[Unpacking the lamp]]</a></li><li class="md-nav__item"><a class="md-nav__link" href="b">[[Charging the lamp]]</a></li></ul></nav></div>
<div class="md-sidebar md-sidebar--secondary"><nav class="md-nav md-nav--secondary"><label class="md-nav__title">[[Table of contents]]</label><ul class="md-nav__list"><li class="md-nav__item"><a href="#b" class="md-nav__link">[[Blink codes overview]]</a></li></ul></nav></div>
<div class="md-content"><article class="md-content__inner md-typeset"><a href="e" title="Edit" class="md-content__button md-icon"></a><h1 id="c">Charging<a class="headerlink" href="#c">¶</a></h1><p>{4}</p><h2 id="b">((What the blinking means))</h2><p>{11}</p><details class="note"><summary>((For old lamps))</summary><p>{9}</p></details><ul><li>((Never charge below zero.))</li></ul></article></div></div></main>
<footer class="md-footer"><nav class="md-footer__inner"><a class="md-footer__link md-footer__link--next" href="n"><div class="md-footer__title"><span class="md-ellipsis">[[Storing the lamp]]</span></div></a></nav><div class="md-footer-meta"><div class="md-copyright">[[Made with Material for MkDocs]]</div></div></footer></div>`,
  ),
  shape(
    "MkDocs, plain theme",
    `<div class="navbar fixed-top navbar-expand-lg navbar-dark bg-primary"><div class="container"><a class="navbar-brand" href=".">[[Saltpass notes]]</a><ul class="nav navbar-nav"><li class="navitem"><a class="nav-link" href="a">[[Mule care]]</a></li><li class="navitem"><a class="nav-link" href="b">[[Packing lists]]</a></li></ul></div></div>
<div class="container"><div class="row"><div class="col-md-3"><div class="navbar-light bs-sidebar"><ul class="nav bs-sidenav"><li class="nav-item"><a class="nav-link" href="#r">[[The route in brief]]</a></li></ul></div></div><div class="col-md-9" role="main"><h1 id="r">The route</h1><p>{7}</p><p>{4}</p><h2>Loads</h2><table><thead><tr><th>Animal</th><th>Load</th></tr></thead><tbody><tr><td>((Young mule))</td><td>((sixty kilos))</td></tr></tbody></table><p>{0}</p></div></div></div>
<footer class="col-md-12"><hr><p>[[Documentation built with MkDocs.]]</p></footer>`,
  ),
  shape(
    "rustdoc",
    `<nav class="sidebar"><div class="sidebar-crate"><h2><a href="i">[[tinyqueue]]</a><span class="version">0.4.1</span></h2></div><div class="sidebar-elems"><section><h3><a href="#m">[[Methods of Queue]]</a></h3><ul class="block method"><li><a href="#method.push">[[push and pop list]]</a></li></ul></section></div></nav>
<main><div class="width-limiter"><rustdoc-search></rustdoc-search><section id="main-content" class="content"><div class="main-heading"><h1>Struct <span class="struct">Queue</span></h1><span class="sub-heading"><a class="src" href="s">[[Source link]]</a></span></div>
<pre class="rust item-decl"><code>((pub struct Queue&lt;T&gt; { /* private fields */ }))</code></pre><details class="toggle top-doc" open><summary class="hideme"><span>Expand description</span></summary><div class="docblock"><p>{1}</p><h2 id="examples"><a class="doc-anchor" href="#examples">§</a>Examples</h2><div class="example-wrap"><pre class="rust rust-example-rendered"><code>((let mut queue = Queue::new();))</code></pre></div></div></details>
<h2 id="implementations" class="section-header">Implementations</h2><div id="implementations-list"><details class="toggle method-toggle" open><summary><section id="method.push" class="method"><h4 class="code-header">pub fn push(&amp;mut self, item: T)</h4></section></summary><div class="docblock"><p>{3}</p></div></details><details class="toggle method-toggle" open><summary><section class="method"><h4 class="code-header">pub fn pop(&amp;mut self) -&gt; Option</h4></section></summary><div class="docblock"><p>{9}</p></div></details></div></section></div></main>`,
  ),
  shape(
    "man page, groff",
    `<h1 align="center">mill</h1><a href="#NAME">NAME</a><br><a href="#SYNOPSIS">SYNOPSIS</a><br><a href="#DESCRIPTION">DESCRIPTION</a><br><a href="#OPTIONS">OPTIONS</a><br><hr>
<h2>NAME<a name="NAME"></a></h2><p style="margin-left:11%; margin-top: 1em">((mill ((mill - grinds what it is given)).replaceminus; grinds what it is given))</p><h2>SYNOPSIS<a name="SYNOPSIS"></a></h2><p style="margin-left:11%;"><b>((mill))</b> [<b>-c</b>] <i>grain</i></p><h2>DESCRIPTION<a name="DESCRIPTION"></a></h2><p style="margin-left:11%;">{0}</p><p style="margin-left:11%;">{6}</p><h2>OPTIONS<a name="OPTIONS"></a></h2><p style="margin-left:11%;"><b>-c</b></p><p style="margin-left:22%;">((Grinds coarsely, and leaves the bran in.))</p><h2>SEE ALSO</h2><p style="margin-left:11%;">((bake(1), sieve(1)))</p><hr>`,
  ),
  shape(
    "man page, a distribution's site",
    `<div id="header"><div id="upperheader"><div id="logo"><a href="/">[[Distro logo text]]</a></div></div><div id="navbar"><ul><li><a href="/a">[[About the distro]]</a></li><li><a href="/g">[[Getting the distro]]</a></li></ul></div></div><div id="content"><div class="panels" id="panels"><div class="panel"><details><summary>[[other versions of this page]]</summary><ul class="list-group"><li class="list-group-item"><a href="t">testing 2.1-3</a></li></ul></details></div></div>
<div class="maincontent"><div class="mandoc"><table class="head"><tr><td class="head-ltitle">FERRY(8)</td><td class="head-vol">System Manager's Manual</td></tr></table><div class="manual-text"><section class="Sh"><h1 class="Sh" id="NAME"><a class="permalink" href="#NAME">NAME</a></h1><p class="Pp">((ferry - carries files across))</p></section><section class="Sh"><h1 class="Sh">DESCRIPTION</h1><p class="Pp">{1}</p><p class="Pp">{5}</p><dl class="Bl-tag"><dt><b>--paint</b></dt><dd>((Paints the ferry first.))</dd></dl></section></div></div></div></div>
<div id="footer"><p><table><tr><td>Source file:</td><td><a href="f">[[ferry.8.en.gz (from ferry 2.0)]]</a></td></tr></table></p><hr><div id="fineprint"><p>[[debiman HEAD, see the source code.]]</p></div></div>`,
  ),
  shape(
    "Debian manual, DocBook",
    `${debianNav}<div class="sect1"><div class="titlepage"><div><div><h2 class="title" style="clear: both"><a id="sect.timers"></a>4.2. ((Setting timers))</h2></div></div></div><a id="id-1" class="indexterm"></a><div class="para">{1}</div><div class="itemizedlist"><ul><li class="listitem"><div class="para">((Short timers are rounded up.))</div></li></ul></div><div class="sidebar"><div class="titlepage"><p class="title"><strong>((CULTURE Old clocks))</strong></p></div><div class="para">{10}</div></div><div class="para">{4}</div><pre class="screen"><code class="computeroutput">$ </code><strong class="userinput"><code>((timer --list))</code></strong></pre></div>
<div class="navfooter"><hr><table width="100%"><tr><td width="40%" align="left"><a href="c.html">[[Prev chapter]]</a></td><td width="40%" align="right"><a href="d.html">[[Next chapter]]</a></td></tr><tr><td width="40%" align="left">[[Chapter 3. Installing clocks]]</td><td>Home</td><td width="40%" align="right">[[4.3. Setting alarms]]</td></tr></table></div>`,
  ),
  shape(
    "PostgreSQL manual",
    `<body id="docContent" class="container-fluid"><div class="navheader"><table width="100%" summary="Navigation header"><tr><th colspan="5" align="center">[[11.2. Kinds of Index]]</th></tr><tr><td width="10%"><a accesskey="p" href="p">[[Prev item]]</a></td><td width="10%"><a accesskey="u" href="u">Up</a></td><th>Chapter 11. Indexes</th><td width="10%"><a href="n">[[Next item]]</a></td></tr></table><hr /></div>
<div class="sect1" id="INDEXES-ORDER"><div class="titlepage"><div><div><h2 class="title">11.3. ((Indexes and order))</h2></div></div></div><p>{3}</p><pre class="programlisting">
((CREATE INDEX test_idx ON test (name);))
</pre><p>{9}</p><div class="tip"><h3 class="title">Tip</h3><p>{5}</p></div><p>{10}</p></div><div class="navfooter"><hr /><table width="100%"><tr><td width="40%" align="left"><a href="p">[[Prev entry]]</a></td><td width="40%" align="right"><a href="n">[[Next entry]]</a></td></tr><tr><td width="40%">[[11.2. Index Types]]</td><td width="20%">Home</td><td width="40%">[[11.4. Combining Indexes]]</td></tr></table></div>`,
  ),
  shape(
    "Javadoc",
    `<div class="flex-box"><header role="banner" class="flex-header"><nav role="navigation"><div class="top-nav" id="navbar-top"><ul id="navbar-top-firstrow" class="nav-list"><li><a href="o">[[Overview tab]]</a></li><li class="nav-bar-cell1-rev">Class</li><li><a href="t">[[Tree tab]]</a></li><li><a href="h">[[Help tab]]</a></li></ul></div></nav></header>
<div class="flex-content"><main role="main"><div class="header"><div class="sub-title"><span class="package-label-in-type">Package</span> org.mill</div><h1 class="title">Class Wheel</h1></div><section class="class-description"><div class="type-signature">((public final class Wheel))</div><div class="block">{0}</div></section><section class="details"><ul class="details-list"><li><section class="method-details"><h2>Method Details</h2><ul class="member-list"><li><section class="detail" id="turn()"><h3>turn</h3><div class="member-signature">public void turn()</div><div class="block">{9}</div><dl class="notes"><dt>Throws:</dt><dd>((IllegalStateException - if the brook is dry))</dd></dl></section></li></ul></section></li></ul></section></main><footer role="contentinfo"><hr><p class="legal-copy"><small>[[Copyright &#169; 2021 Mill Works. All rights reserved.]]</small></p></footer></div></div>`,
  ),
];
