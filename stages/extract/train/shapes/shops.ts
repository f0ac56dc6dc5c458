import { shape } from "./shape.ts";

const bar =
  `<header class="shop-header"><a class="shop-logo" href="/">[[Lamp & Rope]]</a><form class="search"><input name="q"></form><ul class="shop-nav"><li><a href="/l">[[All our lamps]]</a></li><li><a href="/r">[[All our ropes]]</a></li><li><a href="/cart">[[Cart (0 items)]]</a></li></ul></header>`;
const end =
  `<footer class="shop-footer"><div class="col"><h4>[[Customer service]]</h4><ul><li><a href="s">[[Shipping and returns]]</a></li><li><a href="p">[[Payment methods]]</a></li></ul></div><div class="newsletter-signup"><p>[[Get 10% off your first order]]</p></div></footer>`;
const card = (name: string) =>
  `<li class="product-card"><a href="/x"><span class="product-card__name">[[${name}]]</span><span class="price">19.90</span></a><button>Add to cart</button></li>`;

/** Products, recipes, and pages of firms. */
export const SHOPS = [
  shape(
    "shop, a product",
    `${bar}<main><nav class="breadcrumb"><a href="/">[[Start of shop]]</a><a href="/l">[[Lamps shelf]]</a></nav><div class="product" itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Hut lamp</h1><div class="product-price">[[49.00 EUR incl. VAT]]</div><form class="cart"><button>[[Add to basket]]</button></form><div class="product-description" itemprop="description"><h2>Description</h2><p>{4}</p><p>{9}</p><ul><li>((Shines for forty hours))</li></ul></div></div><section class="related products"><h2>[[Related products]]</h2><ul>${
      card("Storm lamp small")
    }${card("Wick, pack of six")}</ul></section></main>${end}`,
  ),
  shape(
    "shop, WooCommerce",
    `${bar}<div id="primary" class="content-area"><main id="main" class="site-main"><div id="product-7" class="product type-product"><div class="summary entry-summary"><h1 class="product_title entry-title">Ferry rope</h1><p class="price">[[12.50 per metre]]</p><div class="woocommerce-product-details__short-description"><p>{1}</p></div><div class="product_meta"><span class="sku_wrapper">[[SKU: FR-12]]</span></div></div><div class="woocommerce-tabs wc-tabs-wrapper"><ul class="tabs wc-tabs"><li class="description_tab"><a href="#t">[[Description tab]]</a></li><li class="reviews_tab"><a href="#r">[[Reviews (3)]]</a></li></ul><div class="woocommerce-Tabs-panel panel entry-content wc-tab" id="tab-description"><h2>Description</h2><p>{8}</p><p>{10}</p></div></div><section class="up-sells upsells products"><h2>[[You may also like…]]</h2><ul class="products">${
      card("Rope wax tin")
    }</ul></section></div></main></div>${end}`,
  ),
  shape(
    "recipe",
    `${bar}<article class="recipe"><h1>Slow bread</h1><div class="recipe-actions"><a href="#p">[[Jump to recipe]]</a><a href="p">[[Print recipe]]</a></div><p>{2}</p><p>{8}</p><div class="wprm-recipe-container"><h3>Ingredients</h3><ul class="wprm-recipe-ingredients"><li>((500 g flour from the mill))</li><li>((350 g cold water))</li></ul><h3>Method</h3><ol class="wprm-recipe-instructions"><li>((Mix flour and water and leave them alone for an hour.))</li><li>((Fold the dough four times and let it rise overnight.))</li></ol></div><div class="sharedaddy sd-sharing-enabled"><h3 class="sd-title">[[Share this:]]</h3><ul><li><a href="t">[[Click to share on Twitter]]</a></li></ul></div><div class="jp-relatedposts"><h3>[[Related recipes]]</h3><a href="r">[[Rye rolls for the hut]]</a></div></article>${end}`,
  ),
  shape(
    "firm, about us",
    `<div class="nav-wrap"><ul><li><a href="/">[[Valves start]]</a></li><li><a href="/jobs">[[Jobs at Valves]]</a></li><li><a href="/contact">[[Contact Valves]]</a></li></ul></div><section class="hero"><h1>About us</h1></section><section class="text-block"><div class="container"><h2>((Since 1911))</h2><p>{6}</p><p>{11}</p></div></section><section class="text-block"><div class="container"><h2>((How we work))</h2><p>{10}</p></div></section><section class="logos"><p>[[Trusted by]]</p></section><footer class="foot"><p>[[Valves Ltd, Brook Road 9, Springfield]]</p><ul><li><a href="/p">[[Privacy notice]]</a></li></ul></footer>`,
  ),
  shape(
    "terms of a firm",
    `${bar}<main class="page"><h1>Terms</h1><p>{4}</p><ol><li><p>{9}</p></li><li><p>{7}</p></li></ol><h2>((Returns of rope))</h2><p>{11}</p></main>${end}`,
  ),
  shape(
    "help centre",
    `${bar}<main role="main"><nav class="sub-nav"><ol class="breadcrumbs"><li><a href="h">[[Help Centre home]]</a></li></ol></nav><article class="article"><header class="article-header"><h1 class="article-title">Lamp blinks</h1></header><section class="article-info"><div class="article-content"><div class="article-body"><p>{4}</p><ol><li>((Hold the knob for ten seconds.))</li></ol><p>{11}</p><p>{9}</p></div></div></section><footer><div class="article-votes"><span>[[Was this article helpful?]]</span><span>[[12 out of 15 found this helpful]]</span></div></footer><section class="related-articles"><h2>[[Related articles]]</h2><ul><li><a href="r">[[Lamp does not start]]</a></li></ul></section></article></main>${end}`,
  ),
  shape(
    "job offer",
    `${bar}<main><div class="job"><h1>Miller wanted</h1><div class="job-meta"><span>[[Full time, Springfield]]</span></div><div class="job-description"><p>{0}</p><h3>What you do</h3><ul><li>((Keep the wheel and the stones in order))</li><li>((Talk to bakers before dawn))</li></ul><p>{8}</p><p>{1}</p></div><a class="apply" href="a">[[Apply for this job]]</a></div><div class="similar-jobs"><h3>[[Similar jobs near you]]</h3><ul><li><a href="b">[[Baker, night shift]]</a></li></ul></div></main>${end}`,
  ),
];
