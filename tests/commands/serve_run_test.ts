import { assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { serveChain, writeCorpus } from "./corpus.ts";
import { openFolder, run, start } from "./program.ts";

const VOCAB = ["--vocab", "320"];
const SMALL = ["--workers", "2", "--json"];
const LAST = "step-000008";

/** Status and body of `path`, posting `body` if there is one. */
async function ask(
  origin: string,
  path: string,
  body?: unknown,
): Promise<[number, Record<string, unknown>]> {
  const response = await fetch(`${origin}${path}`, {
    ...(body !== undefined && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  return [response.status, await response.json()];
}

Deno.test("pipeline --serve serves while it trains and after, and alters nothing", async () => {
  await using folder = await openFolder();
  await using site = serveChain({ pages: 6, words: 2800 });
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 12 });
  const at = (name: string) => join(folder.path, name);
  const first = await run([
    "pipeline",
    "--run",
    at("first"),
    ...VOCAB,
    ...SMALL,
    "--steps",
    "1",
    corpus,
  ]);
  assertEquals(first.code, 0, first.err);
  // With a tokenizer given, training begins before the crawl has ended.
  const args = (name: string) => [
    ...["pipeline", "--run", at(name), ...SMALL, "--steps", "8", "--checkpoint-every", "1"],
    ...["--init", join(at("first"), "checkpoints", "step-000001")],
    ...["--allow-private", `${site.origin}/0`],
  ];
  const calm = await run(args("calm"));
  assertEquals(calm.code, 0, calm.err);

  const [none, some] = [site.hold(0), site.hold(3)];
  await using program = start([...args("served"), "--serve=0"]);
  const [origin = ""] = /http:\S+/.exec(await program.line(/^Serves on http/)) ?? [];
  await program.until(none.asked);
  assertEquals(await ask(origin, "/health"), [503, { status: "loading" }]);
  const prompt = { prompt: "the people", max_tokens: 4, temperature: 0 };
  const [status, { error }] = await ask(origin, "/v1/completions", prompt);
  assertEquals(status, 503);
  assertEquals(error, {
    message: "There is no model to serve yet; try again later",
    type: "server_error",
    param: null,
    code: "model_loading",
  });

  none.release();
  await program.until(some.asked);
  // Three pages fill the first window: from here training waits for the crawl.
  await program.line(/^Serving step-/);
  assertEquals((await ask(origin, "/health"))[0], 200);
  assertEquals((await ask(origin, "/v1/completions", prompt))[0], 200);
  const latest = await Deno.readTextFile(join(at("served"), "checkpoints", "latest"));
  assertLess(latest, LAST);

  some.release();
  await program.line(/^Training is over; serves on http/);
  await program.line(new RegExp(`^Serving ${LAST}: `));
  const [whole, { usage }] = await ask(origin, "/v1/completions", prompt);
  assertEquals([whole, (usage as { completion_tokens: number }).completion_tokens], [200, 4]);
  // The folder is free for others, and says that it is a whole run.
  const verified = await run(["verify", at("served")]);
  assertEquals([verified.code, verified.err], [0, ""], verified.out);

  program.kill("SIGINT");
  const { code, err } = await program.ended;
  assertEquals(code, 0, err);
  assertMatch(err, /\nStopping: running requests may finish\.\n$/);
  await assertRejects(() => fetch(`${origin}/health`));
  const weights = (name: string) =>
    Deno.readFile(join(at(name), "checkpoints", LAST, "model.safetensors"));
  assertEquals(await weights("served"), await weights("calm"));
});

Deno.test("pipeline --serve at a port that is taken is refused before it begins", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 1 });
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const args = [
    "pipeline",
    "--run",
    join(folder.path, "run"),
    ...VOCAB,
    ...SMALL,
    `--serve=${port}`,
    corpus,
  ];
  const { code, err } = await run(args);
  assertEquals([code, err], [
    1,
    `error: Cannot serve on port ${port}: another program listens there; ` +
    `choose another with --serve PORT\n`,
  ]);
});
