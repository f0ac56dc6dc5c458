/**
 * The parts that the live page and the report have in common: what a script draws into, and the
 * keys to its colours.
 *
 * @module
 */
import { html } from "hono/html";

/** Markup that is escaped where it must be. */
export type Markup = ReturnType<typeof html>;

/** A titled part of a page; `aside` stands beside the title. */
export function section(
  { id, title, aside, body }: {
    id: string;
    title: string;
    aside?: Markup;
    body: Markup;
  },
): Markup {
  return html`
    <section class="card" aria-labelledby="${id}-title">
      <div class="head">
        <h2 id="${id}-title">${title}</h2>
        ${aside ?? ""}
      </div>
      ${body}
    </section>
  `;
}

function key(words: Readonly<Record<string, string>>): Markup {
  const entries = Object.entries(words).map(([name, word]) =>
    html`<span><i class="${name}"></i>${word}</span>`
  );
  return html`<span class="key">${entries}</span>`;
}

/** The curves; `controls` stand beside the title. */
export function curvesSection(controls?: Markup): Markup {
  return section({
    ...{ id: "curves", title: "Curves", ...(controls && { aside: controls }) },
    body: html`<div id="curves" class="curves"></div>`,
  });
}

/** Where the time of a step goes, the stages, the spheres and what the model wrote. */
export function runSections(): Markup[] {
  return [
    section({
      ...{ id: "phases", title: "Time of a step" },
      body: html`<div id="phases" class="curves"></div>`,
    }),
    section({
      ...{ id: "pipeline", title: "Pipeline" },
      aside: key({ busy: "working", waiting: "waiting for input", blocked: "blocked by output" }),
      body: html`<ol id="pipeline" class="pipeline"></ol>`,
    }),
    section({
      ...{ id: "spheres", title: "Spheres" },
      aside: key({ busy: "computing", waiting: "waiting" }),
      body: html`<div id="spheres" class="spheres"></div>`,
    }),
    section({
      ...{ id: "samples", title: "Samples" },
      body: html`<div id="samples" class="samples"></div>`,
    }),
  ];
}
