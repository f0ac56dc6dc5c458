import { assertEquals } from "@std/assert";
import { PROMPT_TOKENS, type Stepped, StepShare } from "../../engine/step_share.ts";

const text = (client: string, tokens = 0): Stepped => ({ client, isReading: false, tokens });
const reader = (client: string): Stepped => ({ client, isReading: true, tokens: 0 });
const clients = (places: readonly Stepped[]) => places.map(({ client }) => client).join("");

/** A share, and a clock that is set by hand. */
function timed() {
  const clock = { ms: 0 };
  return { clock, share: new StepShare(() => clock.ms) };
}

Deno.test("a client alone has all of its texts and prompts in a step", () => {
  const { share } = timed();
  const all = [text("a"), text("a", 100), reader("a"), reader("a")];
  assertEquals(share.choose(all), { places: all, draftTokens: 12 });
});

Deno.test("each client has as many texts in a step as the one with fewest", () => {
  const { share } = timed();
  const all = ["a", "a", "a", "b", "b", "c", "c"].map((client) => text(client));
  assertEquals(clients(share.choose(all).places), "aabbcc");
  assertEquals(clients(share.choose([...all, text("d")]).places), "abcd");
});

Deno.test("a client that pauses between two texts is not stepped over by many of another", () => {
  const { clock, share } = timed();
  share.choose([text("a")]);
  const many = Array.from({ length: 9 }, () => text("b"));
  clock.ms = 50;
  assertEquals(share.choose(many).places.length, 2);
  clock.ms = 51;
  assertEquals(share.choose(many).places.length, 9);
});

Deno.test("long texts sit out every other step that short ones want", () => {
  const { share } = timed();
  const all = [text("a", 100), text("b")];
  const steps = [0, 1, 2, 3].map(() => clients(share.choose(all).places));
  assertEquals(steps, ["ab", "b", "ab", "b"]);
  assertEquals(clients(share.choose([text("a", 100), text("b", 99)]).places), "ab");
});

Deno.test("long prompts are read in pieces, by turns, for a third of the time", () => {
  const { clock, share } = timed();
  const read: string[] = [];
  for (let step = 0; step < 9; step++) {
    const { places, promptTokens } = share.choose([
      reader("a"),
      reader("a"),
      reader("b"),
      text("c"),
    ]);
    assertEquals(promptTokens, PROMPT_TOKENS);
    read.push(clients(places.filter(({ isReading }) => isReading)) || "-");
    clock.ms += 1;
    share.ended();
  }
  assertEquals(read, ["a", "-", "-", "b", "-", "-", "a", "-", "-"]);
});
