import { assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { openFolder, run, start } from "./program.ts";

const STREAMS = 8;

Deno.test("serve at SIGTERM lets streams end, takes no more and exits with 0; at SIGHUP it reads its keys again", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 12 });
  const runDir = join(folder.path, "run");
  const trained = await run(
    ["pipeline", "--run", runDir, "--steps", "1", "--vocab", "320", "--json", corpus],
  );
  assertEquals(trained.code, 0, trained.err);

  const keyFile = join(folder.path, "keys.txt");
  await Deno.writeTextFile(keyFile, "old old-key-of-the-test-0123\n");
  await using program = start(
    [
      ...["serve", "--run", runDir, "--port", "0", "--api-key-file", keyFile],
      // All the time that a busy machine needs.
      ...["--drain-seconds", "120"],
    ],
  );
  const [origin = ""] = /http:\S+/.exec(await program.line(/^Serving model /)) ?? [];
  await Deno.writeTextFile(keyFile, "new new-key-of-the-test-0123 scopes=everything\n");
  program.kill("SIGHUP");
  await program.line(
    /^Cannot reload, all stays as it was: Cannot read --api-key-file .*: line 1: /,
  );
  await Deno.writeTextFile(keyFile, "new new-key-of-the-test-0123 scopes=generate\n");
  program.kill("SIGHUP");
  await program.line(/^Read again: 1 API key$/);
  const ask = async (key: string) => {
    const headers = { authorization: `Bearer ${key}-key-of-the-test-0123` };
    const { status, body } = await fetch(`${origin}/v1/models`, { headers });
    await body?.cancel();
    return status;
  };
  assertEquals([await ask("old"), await ask("new")], [401, 403]);
  const request = {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: "Bearer new-key-of-the-test-0123",
    },
    // Several texts each, so that not all have ended when the signal comes late on a busy machine.
    body: JSON.stringify({ prompt: "the", max_tokens: 200, temperature: 0, stream: true, n: 4 }),
  };
  let begun = 0, ended = 0;
  const all = Promise.withResolvers<void>();
  const texts = Array.from({ length: STREAMS }, async () => {
    const { body } = await fetch(`${origin}/v1/completions`, request);
    let text = "";
    for await (const part of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      if (text === "" && ++begun === STREAMS) all.resolve();
      text += part;
    }
    ended++;
    return text;
  });
  await program.until(all.promise);
  program.kill("SIGTERM");
  await program.line(/^Stopping: running requests may finish\.$/);
  assertLess(ended, STREAMS, "every stream had ended before the server was asked to stop");
  await assertRejects(() => fetch(`${origin}/v1/completions`, request));
  for (const text of await Promise.all(texts)) {
    assertMatch(text, /"finish_reason":"length"[^\n]*\n\ndata: \[DONE\]\n\n$/);
  }
  const { code, out, err } = await program.ended;
  assertEquals(code, 0);
  assertMatch(
    err,
    /^Serving model .*\nUses step-.*\nTry: curl .*\nCannot reload.*\nRead again.*\nStopping: running requests may finish\.\n$/,
  );
  const log = out.trimEnd().split("\n").slice(2).map((line) => JSON.parse(line));
  assertEquals(log.map(({ route, status, tokensOut }) => [route, status, tokensOut > 1]), [
    ...Array.from({ length: STREAMS }, () => ["/v1/completions", 200, true]),
  ]);
});
