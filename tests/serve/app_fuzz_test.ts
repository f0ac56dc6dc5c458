import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { openApp, post } from "./golden_app.ts";

/** A request that is answered; the fuzzer changes it. */
const REQUEST = { prompt: "2%", max_tokens: 8, temperature: 0 };

Deno.test("whatever is posted, the answer is JSON and never the server's failure", async () => {
  await using opened = await openApp({ endOfTextId: 2 });
  const field = fc.constantFrom(
    ..."model prompt max_tokens temperature top_p top_k seed stop stream stream_options echo n"
      .split(" "),
    "__proto__",
    "logit_bias",
    "n",
    "best_of",
    "logprobs",
  );
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(1, 2, true, null, 1e308, -0, "a", [1], ["a"], "\ud800", "\u0000"),
  );
  const bodies = fc.oneof(
    { weight: 4, arbitrary: fc.dictionary(field, value).map((body) => JSON.stringify(body)) },
    {
      weight: 4,
      arbitrary: fc.dictionary(field, value)
        .map((body) => JSON.stringify({ ...REQUEST, max_tokens: 1, ...body })),
    },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.uint8Array().map((bytes) => Uint8Array.from(bytes)) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(), fc.string()).map(([at, text]) => {
        const whole = JSON.stringify(REQUEST);
        const cut = at % whole.length;
        return whole.slice(0, cut) + text + whole.slice(cut + 1);
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const response = await post(opened, body);
      assert(response.status === 200 || (response.status >= 400 && response.status < 500));
      const text = await response.text();
      if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
        assert(text.endsWith("data: [DONE]\n\n"));
      } else {
        const parsed = JSON.parse(text);
        assert(response.ok ? parsed.choices : parsed.error.message);
        // The validator's own words are not for clients.
        assert(
          !/Invalid (input|option|key|element)|Too (small|big)|\bexpected /.test(
            parsed.error?.message ?? "",
          ),
          text,
        );
      }
    }),
    { numRuns: 500 },
  );
  assertEquals(opened.failures, []);
});
