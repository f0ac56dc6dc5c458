// Elements and number formats, shared by all charts.
"use strict";

/** An element with text or children; styles are set by the caller, as the policy forbids attributes. */
function make(name, { text, ...properties } = {}, children = []) {
  const element = Object.assign(document.createElement(name), properties);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

/** Replaces `host`'s children unless they are equal, which preserves focus. */
function put(host, children) {
  const old = [...host.childNodes];
  const isSame = old.length === children.length &&
    old.every((child, i) => child.isEqualNode(children[i]));
  if (!isSame) host.replaceChildren(...children);
}

/** Terms and values; each value is found by its key as `data-figure`. */
function terms(entries) {
  return entries.map(([term, value, key]) => {
    const dd = make("dd", { text: value });
    dd.dataset.figure = key;
    return make("div", {}, [make("dt", { text: term }), dd]);
  });
}

/** A table with a header row and rows of texts or elements; scrolls if needed. */
function table({ label, caption, head, rows }) {
  const row = (cells, name, scope) =>
    make(
      "tr",
      {},
      cells.map((cell, i) => {
        const isHeader = name === "th" || i === 0 && scope;
        const content = cell instanceof Node ? cell : document.createTextNode(String(cell));
        return make(isHeader ? "th" : "td", {
          ...(isHeader && { scope: name === "th" ? "col" : "row" }),
        }, [content]);
      }),
    );
  const region = make("div", { className: "table", tabIndex: 0 }, [
    make("table", {}, [
      ...(caption ? [make("caption", { className: "muted", text: caption })] : []),
      make("thead", {}, [row(head, "th")]),
      make("tbody", {}, rows.map((cells) => row(cells, "td", true))),
    ]),
  ]);
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", label);
  return region;
}

/** `12.3k` for 12,345: at most three digits. */
function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  for (const unit of ["", "k", "M", "G"]) {
    if (Math.abs(value) < 999.5) {
      return (unit ? value.toPrecision(3) : String(Math.round(value))) + unit;
    }
    value /= 1000;
  }
  return value.toFixed(0) + "T";
}

/** `10.8 MB` */
function bytes(value) {
  return value === undefined ? "–" : short(value).replace(/([kMGT]?)$/, " $1B");
}

/** `12,345` */
function count(value) {
  return value.toLocaleString("en");
}

/** `1:04:07` */
function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${m}:${String(s).padStart(2, "0")}`;
  return h > 0 ? `${h}:${tail.padStart(5, "0")}` : tail;
}

/** `12.3 %` */
function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** One decimal below four integer digits. */
function perplexity(value) {
  return value < 1000 ? value.toFixed(1) : short(value);
}

const color = (name) => {
  // A probe resolves light-dark() to the colour in use.
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
};

/** A placeholder line for missing content. */
function nothing(text) {
  return make("p", { className: "muted", text });
}

// Classic scripts share them: the report holds its scripts inside the page.
Object.assign(globalThis, {
  bytes,
  color,
  count,
  duration,
  make,
  nothing,
  percent,
  perplexity,
  put,
  short,
  table,
  terms,
});
