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
    id: "curves",
    title: "Curves",
    aside: html`
      ${controls ?? ""}
      <label>Along
        <select id="axis">
          <option value="step">steps</option>
          <option value="tokens">tokens trained</option>
          <option value="time">training time</option>
        </select></label>
    `,
    body: html`
      <div id="curves" class="curves"></div>
      <p class="note muted">Drag along a chart to zoom into all of them.</p>
    `,
  });
}

/** What the model wrote, where the time of a step goes, the stages and the spheres. */
export function runSections({ isLive }: { isLive: boolean }): Markup[] {
  return [
    section({
      id: "samples",
      title: "Samples",
      body: html`<div id="samples" class="samples"></div>`,
    }),
    section({
      id: "phases",
      title: "Time of a step",
      body: html`<div id="phases" class="curves"></div>`,
    }),
    section({
      id: "pipeline",
      title: "Pipeline",
      aside: key({
        ...(isLive && { full: "queue in front of the stage, filled" }),
        busy: "working",
        waiting: "waiting for input",
        blocked: "blocked by output",
      }),
      body: html`<ol id="pipeline" class="pipeline"></ol>`,
    }),
    section({
      id: "spheres",
      title: "Spheres",
      aside: html`
        <span class="key">waiting <i class="shades" role="img"
            aria-label="from grey to blue"></i> computing</span>
      `,
      body: html`
        <div id="spheres" class="spheres"></div>
        <p class="note muted">
          A numbered sphere is a leaf, which computes the gradient of one slice of the batch. Its colour
          tells how much of its time it computed, and how much it waited for its turn to add its gradient.
          The control sphere in the middle computes nothing: it waits for all others. Larger ones are
          nearer to you, no more.
        </p>
      `,
    }),
  ];
}
