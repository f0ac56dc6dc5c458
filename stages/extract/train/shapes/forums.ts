import { shape } from "./shape.ts";

const menu =
  `<div id="navbar"><ul class="nav"><li><a href="/">[[Board index page]]</a></li><li><a href="/faq">[[Board FAQ]]</a></li><li><a href="/r">[[Register here]]</a></li><li><a href="/l">[[Log in here]]</a></li></ul></div>`;
const phpbbPost = (number: number, user: string) =>
  `<div id="p${number}" class="post has-profile bg2"><div class="inner"><dl class="postprofile" id="profile${number}"><dt><div class="avatar-container"></div><a href="u" class="username">[[${user} the miller]]</a></dt><dd class="profile-posts"><strong>Posts:</strong> <a href="s">[[${number}88 posts]]</a></dd><dd class="profile-joined"><strong>Joined:</strong> [[Mon Jun 0${number}, 2014 4:20 pm]]</dd></dl>
<div class="postbody"><div id="post_content${number}"><h3><a href="#p${number}">Re: Wheel stuck</a></h3><ul class="post-buttons"><li><a href="q" class="button button-icon-only" title="Reply with quote"><span>[[Quote post]]</span></a></li></ul><p class="author">by <strong>${user}</strong> &raquo; Tue Mar 0${number}, 2021</p><div class="content">{${number}}</div></div></div></div></div><hr class="divider">`;
const discoursePost = (number: number, user: string) =>
  `<div id='post_${number}' itemprop='comment' itemscope itemtype='http://schema.org/Comment' class='topic-body crawler-post'><div class='crawler-post-meta'><span class="creator" itemprop="author"><a itemprop="url" href='u'><span itemprop='name'>${user}</span></a></span><span class="crawler-post-infos"><time itemprop='datePublished' datetime='2021-03-0${number}' class='post-time'>[[March ${number}, 2021, 8:0${number}am]]</time><span itemprop='position'>${number}</span></span></div><div class='post' itemprop='text'><p>{${number}}</p></div><div itemprop="interactionStatistic"><span class='post-likes'>[[${number} Likes]]</span></div></div>`;
const answer = (number: number) =>
  `<div id="answer-${number}" class="answer js-answer" itemprop="suggestedAnswer"><div class="post-layout"><div class="votecell"><div class="js-voting-container"><button>Up vote</button><div class="js-vote-count" itemprop="upvoteCount">1${number}</div></div></div><div class="answercell post-layout--right"><div class="s-prose js-post-body" itemprop="text"><p>{${number}}</p><pre><code>((timer.set(${number}00);))</code></pre></div><div class="mt24"><div class="js-post-menu"><a class="js-share-link" href="s">[[Share this answer ${number}]]</a></div><div class="user-info"><div class="user-action-time">answered <span class="relativetime">[[Apr ${number} '19 at 10:0${number}]]</span></div></div></div></div></div></div>`;

/** Threads of forums, lists and trackers, as their programs write them. */
export const FORUMS = [
  shape(
    "phpBB, prosilver",
    `<div id="wrap" class="wrap"><div id="page-header"><div class="headerbar" role="banner"><h1>[[The Mill Board]]</h1><p>[[Talk among millers]]</p></div>${menu}</div><div id="page-body" class="page-body" role="main"><h2 class="topic-title"><a href="t">Wheel stuck</a></h2><div class="action-bar bar-top"><a href="r" class="button">[[Post Reply now]]</a><div class="pagination">[[3 posts • Page 1 of 1]]</div></div>
${phpbbPost(1, "anna")}${phpbbPost(2, "bert")}${
      phpbbPost(4, "cleo")
    }<div class="action-bar actions-jump"><a class="jumpbox-return" href="f">[[Return to “Wheels and dams”]]</a></div><div class="stat-block online-list"><h3>[[Who is online]]</h3><p>[[Users browsing this forum: No registered users and 3 guests]]</p></div></div><div id="page-footer" class="page-footer" role="contentinfo"><div class="copyright">[[Powered by phpBB Forum Software]]</div></div></div>`,
  ),
  shape(
    "phpBB, old markup",
    `<table class="bodyline" width="100%"><tr><td>${menu}<table class="forumline" width="100%" cellspacing="1"><tr><th class="thLeft">[[Author column]]</th><th class="thRight">[[Message column]]</th></tr>
<tr><td class="row1"><span class="name"><b>dora</b></span><br><span class="postdetails">[[Joined: 11 Feb 2004]]<br>[[Posts: 340 in all]]</span></td><td class="row1"><span class="postdetails">[[Posted: Sat May 08, 2004 9:12 am]]</span><hr><span class="postbody">{6}</span></td></tr>
<tr><td class="row2"><span class="name"><b>emil</b></span><br><span class="postdetails">[[Location: at the brook]]</span></td><td class="row2"><span class="postbody">{7}</span></td></tr></table><div align="center" class="copyright">[[Powered by an old board]]</div></td></tr></table>`,
  ),
  shape(
    "Discourse, for crawlers",
    `<body class="crawler"><header><a href="/">[[Ferry Talk]]</a></header><div id="main-outlet" class="wrap" role="main"><div id="topic-title"><h1><a href="/t/1">How do you paint yours?</a></h1><div class="topic-category" itemscope><span itemprop="item"><a href="c" class="badge-wrapper"><span class='category-name'>[[Maintenance chatter]]</span></a></span></div></div>
<div itemscope itemtype='http://schema.org/DiscussionForumPosting'>${discoursePost(1, "fritz")}${
      discoursePost(2, "gerda")
    }${
      discoursePost(3, "hans")
    }</div><div id="related-topics" class="more-topics__list"><h3>[[Related topics]]</h3><div class="topic-list-container"><table class='topic-list'><tbody><tr class="topic-list-item"><td class="main-link"><a href='/t/2' class='title raw-link'>[[Rust under the deck]]</a></td><td class="replies"><span class='posts'>7</span></td></tr><tr class="topic-list-item"><td class="main-link"><a href='/t/3'>[[Which rope for the bell]]</a></td></tr></tbody></table></div></div></div>
<footer class="container wrap"><nav class='crawler-nav'><ul><li><a href='/'>[[Home of Ferry Talk]]</a></li><li><a href='/tos'>[[Terms of Service]]</a></li></ul></nav><p class='powered-by-link'>[[Powered by Discourse, best viewed with JavaScript enabled]]</p></footer></body>`,
  ),
  shape(
    "questions and answers",
    `<header class="s-topbar"><a href="/">[[Timer Exchange]]</a><ol class="s-topbar--content"><li><a href="l">[[Log in first]]</a></li></ol></header><div class="container"><div id="left-sidebar" class="left-sidebar"><nav role="navigation"><ol class="nav-links"><li><a href="q">[[Questions list]]</a></li><li><a href="t">[[Tags list]]</a></li></ol></nav></div><div id="content" class="snippet-hidden"><div itemprop="mainEntity" itemscope><div id="question-header"><h1 itemprop="name"><a href="q">Why does my timer stop?</a></h1></div><div class="d-flex fw-wrap"><div>[[Asked 3 years ago]]</div><div>[[Viewed 12k times]]</div></div>
<div id="mainbar" role="main"><div class="question js-question" id="question"><div class="post-layout"><div class="votecell"><div class="js-vote-count">31</div></div><div class="postcell post-layout--right"><div class="s-prose js-post-body" itemprop="text"><p>{3}</p><p>{4}</p></div><div class="post-taglist"><ul class="ml0"><li><a class="post-tag" href="t">[[timers-tag]]</a></li><li><a class="post-tag" href="u">[[clock-tag]]</a></li></ul></div></div></div></div><div id="answers"><h2>2 Answers</h2>${
      answer(1)
    }${answer(9)}</div></div>
<div id="sidebar" class="show-votes" role="complementary"><div class="module sidebar-linked"><h4>[[Linked questions]]</h4><div class="linked"><a href="a">[[Timer fires twice on Mondays]]</a></div></div><div id="hot-network-questions"><h4>[[Hot Network Questions]]</h4><ul><li><a href="b">[[May a knight refuse the horse?]]</a></li></ul></div></div></div></div></div><footer id="footer" class="site-footer"><p>[[site design / logo © 2022 Timer Exchange]]</p></footer>`,
  ),
  shape(
    "vBulletin",
    `<div id="header" class="header"><a href="/">[[Winter Huts Forum]]</a><div id="toplinks"><ul><li><a href="l">[[Log in or Sign up]]</a></li></ul></div></div><div id="breadcrumb" class="breadcrumb"><ul><li class="navbit"><a href="f">[[Forum overview]]</a></li><li class="navbit">[[Lamps and light]]</li></ul></div><div id="postlist" class="postlist"><ol id="posts" class="posts">
<li class="postbitlegacy postbitim postcontainer" id="post_1"><div class="posthead"><span class="postdate">[[01-02-2012, 03:04 PM]]</span></div><div class="postdetails"><div class="userinfo"><a class="username" href="u"><strong>ines</strong></a><span class="usertitle">[[Senior Member since snow]]</span></div><div class="postbody"><div class="postrow"><h2 class="title">Lamp after nine</h2><div class="content"><blockquote class="postcontent restore">{9}</blockquote></div></div></div></div></li>
<li class="postbitlegacy postcontainer" id="post_2"><div class="posthead"><span class="postdate">[[01-03-2012, 08:11 AM]]</span></div><div class="postdetails"><div class="userinfo"><strong>jan</strong></div><div class="postbody"><div class="content"><blockquote class="postcontent restore">{4}</blockquote></div></div></div></li></ol></div><div class="forumrules"><h4>[[Posting Permissions]]</h4><ul><li>[[You may not post new threads]]</li></ul></div><div id="footer" class="footer">[[All times are GMT +1.]]</div>`,
  ),
  shape(
    "XenForo",
    `<div class="p-pageWrapper"><header class="p-header"><div class="p-header-logo"><a href="/">[[Bean Growers]]</a></div></header><div class="p-nav"><ul class="p-nav-list"><li><a class="p-navEl-link" href="f">[[Forums tab]]</a></li><li><a class="p-navEl-link" href="w">[[What's new tab]]</a></li></ul></div><div class="p-body"><div class="p-body-inner"><ul class="p-breadcrumbs"><li><a href="f"><span itemprop="name">[[Heavy soils]]</span></a></li></ul><div class="p-title"><h1 class="p-title-value">Beans or carrots?</h1></div><div class="p-body-main"><div class="p-body-content">
<article class="message message--post"><div class="message-inner"><div class="message-cell message-cell--user"><section class="message-user"><h4 class="message-name"><a href="u" class="username">karl</a></h4><h5 class="userTitle message-userTitle">[[Seasoned grower]]</h5></section></div><div class="message-cell message-cell--main"><div class="message-userContent"><article class="message-body js-selectToQuote"><div class="bbWrapper">{8}</div></article></div><footer class="message-footer"><div class="reactionsBar"><a href="r">[[lena, marta and 3 others]]</a></div></footer></div></div></article>
<article class="message message--post"><div class="message-inner"><div class="message-cell message-cell--user"><h4 class="message-name">lena</h4></div><div class="message-cell message-cell--main"><article class="message-body"><div class="bbWrapper">{2}</div></article></div></div></article><div class="blockMessage blockMessage--none"><h3>[[Similar threads]]</h3><ul><li><a href="s">[[Carrots that fork in clay]]</a></li></ul></div></div></div></div></div><footer class="p-footer"><ul><li><a href="t">[[Terms and rules]]</a></li><li><a href="p">[[Privacy policy text]]</a></li></ul></footer></div>`,
  ),
  shape(
    "mailing list archive",
    `<h1>((bridge tolls after midnight))</h1><b>Nora Quell</b> <a href="m">[[nora at example.org]]</a><br><i>Tue Mar 2 10:11:12 UTC 2010</i><p><ul><li>[[Previous message: <a href="1">tolls before noon</a>]]</li><li>[[Next message: <a href="2">tolls for mules</a>]]</li><li><b>Messages sorted by:</b> <a href="d">[[by date of sending]]</a></li></ul><hr><!--beginarticle--><pre>{7}

&gt; ((Who pays when the gate is open?))

{5}</pre><!--endarticle--><hr><p><ul><li>[[More information about the bridge-list mailing list]]</li></ul>`,
  ),
  shape(
    "issue tracker",
    `<header class="AppHeader" role="banner"><nav><a href="/">[[Code host start]]</a><a href="/explore">[[Explore repositories]]</a></nav></header><main id="js-repo-pjax-container"><div id="repository-container-header"><ul class="UnderlineNav-body"><li><a href="c">[[Code tab]]</a></li><li><a href="i">[[Issues 42 open]]</a></li></ul></div><div class="gh-header"><h1 class="gh-header-title"><bdi class="js-issue-title">Writer hangs when full</bdi> <span class="f1-light">#12</span></h1></div><div class="js-discussion"><div class="TimelineItem"><div class="timeline-comment"><div class="timeline-comment-header"><h3><a class="author" href="u">otto</a> commented <relative-time>[[Mar 4, 2020]]</relative-time></h3></div><div class="edit-comment-hide"><div class="comment-body markdown-body js-comment-body"><p>{1}</p><pre><code>((Error: write after end))</code></pre></div></div></div></div>
<div class="TimelineItem"><div class="timeline-comment"><div class="comment-body markdown-body js-comment-body"><p>{9}</p></div></div></div></div><div class="discussion-sidebar"><div class="discussion-sidebar-item"><div class="discussion-sidebar-heading">[[Assignees box]]</div><span>[[No one assigned]]</span></div><div class="discussion-sidebar-item">[[None yet in labels]]</div></div></main><footer class="footer" role="contentinfo"><ul><li><a href="t">[[Status of the host]]</a></li></ul><span>[[© 2022 Code Host, Inc.]]</span></footer>`,
  ),
];
