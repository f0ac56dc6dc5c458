// Samples of the model during training.
"use strict";

/** Draws the samples, the newest first. */
function drawSamples(host, samples) {
  if (samples.length === 0) {
    host.replaceChildren(
      nothing("The first comes with the first checkpoint, the last at the end."),
    );
    return;
  }
  put(
    host,
    [...samples].reverse().map(({ step, samples: texts }) =>
      make("article", {}, [
        make("h3", { text: `Step ${count(step)}` }),
        ...texts.map(({ prompt, continuation }) =>
          make("p", {}, [make("mark", { text: prompt }), continuation.replace(/\s+/g, " ")])
        ),
      ])
    ),
  );
}

globalThis.drawSamples = drawSamples;
