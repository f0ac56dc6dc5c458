/**
 * The sections that the live page and the report share: elements for scripts to draw into, and the
 * colour keys.
 *
 * @module
 */
import { html } from "hono/html";

/** Escaped markup. */
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

/** Samples, phases of a step, stages and spheres. */
export function runSections({ isLive }: { isLive: boolean }): Markup[] {
  return [
    section({
      id: "samples",
      title: "Samples",
      body: html`<div id="samples" class="samples"></div>`,
    }),
    section({
      id: "tasks",
      title: "Tasks",
      body: html`<div id="tasks" class="tables"></div>`,
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
          A numbered sphere is a leaf sphere, which computes the gradient of one microbatch. Its colour shows
          the share of its time it spent computing rather than waiting for its turn to add its gradient.
          The control sphere in the middle only waits for the others. Larger spheres are nearer to the
          viewer. In a run with replicas, the network control sphere stands above: the spheres that touch
          it are the replicas, of which the coloured one trains.
        </p>
      `,
    }),
  ];
}
