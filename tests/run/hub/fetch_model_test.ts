import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../cli/flags.ts";
import { initFromFolder } from "../../../model/checkpoint/mod.ts";
import { initFolder } from "../../../run/choose_checkpoint.ts";
import { fetchModel } from "../../../run/hub/fetch_model.ts";
import { parseHubName } from "../../../run/hub/model_name.ts";
import { readGolden } from "../../engine/golden.ts";
import { withDir } from "../../model/with_dir.ts";
import { COMMIT, type HubFaults, openHub } from "./hub.ts";

const NAME = "hf:owner/model";
const GOLDEN = new URL("../../fixtures/goldens/qwen3_tied/", import.meta.url);
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The golden model as a hub has it, with what else lies there. */
const FILES = {
  ".gitattributes": bytesOf("*.safetensors filter=lfs\n"),
  "README.md": bytesOf("# A model\n"),
  "config.json": await Deno.readFile(new URL("config.json", GOLDEN)),
  "model.safetensors": await Deno.readFile(new URL("model.safetensors", GOLDEN)),
  "onnx/model.onnx": bytesOf("not wanted"),
  "pytorch_model.bin": bytesOf("not wanted"),
  "tokenizer.json": bytesOf("{}"),
  "additional_chat_templates/rag.jinja": bytesOf("{{ documents }}"),
};
const SIZE = FILES["model.safetensors"].length;

Deno.test("a model is fetched once, whole, and loads", async () => {
  await using hub = openHub(FILES);
  await withDir(async (cache) => {
    const notes: string[] = [];
    const options = {
      hub: `${hub.url}/`,
      cache,
      token: "secret",
      note: (line: string) => notes.push(line),
    };
    const folder = await fetchModel(`${NAME}@v1`, options);
    assertEquals(folder, join(cache, "owner--model", COMMIT));
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assertEquals(names.sort(), [
      "additional_chat_templates",
      "config.json",
      "model.safetensors",
      "tokenizer.json",
    ]);
    assertStringIncludes(notes.join("\n"), "hf:owner/model@v1: model.safetensors, 0.2 MB");
    assert(hub.seen.every(({ authorization }) => authorization === "Bearer secret"));
    assertEquals(hub.seen.at(0)?.path, "/api/models/owner/model/revision/v1");
    const { layout, parameters } = await readGolden("qwen3_tied");
    const found = new Float32Array(layout.length);
    await initFromFolder(folder, { layout, parameters: found });
    assertEquals(found, parameters);
    // A second time nobody is asked.
    const asked = hub.seen.length;
    assertEquals(await fetchModel(`${NAME}@v1`, options), folder);
    assertEquals(hub.seen.length, asked);
  });
});

Deno.test("a download goes on where it broke off, within a call and after one", async () => {
  await using hub = openHub(FILES);
  await withDir(async (cache) => {
    const options = { hub: hub.url, cache, token: undefined };
    hub.faults = { breakAfter: Math.ceil(SIZE / 3) };
    const folder = await fetchModel(NAME, options);
    const ranges = hub.seen.filter(({ path }) => path.endsWith("model.safetensors"));
    const third = Math.ceil(SIZE / 3);
    assertEquals(ranges.map(({ range }) => range), [
      null,
      `bytes=${third}-`,
      `bytes=${2 * third}-`,
    ]);
    assertEquals(
      await Deno.readFile(join(folder, "model.safetensors")),
      FILES["model.safetensors"],
    );
  });
  await withDir(async (cache) => {
    const options = { hub: hub.url, cache, token: undefined };
    const path = join(cache, "owner--model", COMMIT, "model.safetensors");
    hub.faults = { breakAfter: 0 };
    await assertRejects(() => fetchModel(NAME, options), Error, `it ends at byte 0 of ${SIZE}`);
    // What an ended process has left.
    await Deno.writeFile(`${path}.part`, FILES["model.safetensors"].subarray(0, 1000));
    hub.faults = { ignoreRange: true };
    await assertRejects(
      () => fetchModel(NAME, options),
      Error,
      "does not continue model.safetensors",
    );
    hub.faults = {};
    await fetchModel(NAME, options);
    assertEquals(hub.seen.at(-1)?.range, "bytes=1000-");
    assertEquals(await Deno.readFile(path), FILES["model.safetensors"]);
  });
});

Deno.test("a hub whose files are not what it announces is refused, and leaves nothing", async () => {
  await using hub = openHub(FILES);
  const refused: [faults: HubFaults, message: string][] = [
    [
      { lieBytes: -1 },
      `Cannot download model.safetensors: the hub announced ${SIZE - 1} bytes and sends more`,
    ],
    [{ lieBytes: 1 }, `it ends at byte ${SIZE} of ${SIZE + 1}`],
    [{ lieDigest: "model.safetensors" }, "Cannot download model.safetensors: its digest is"],
    [{ lieDigest: "config.json" }, "Cannot download config.json: its digest is"],
    [{ names: ["../evil.safetensors"] }, 'the hub names a file "../evil.safetensors"'],
    [{ names: ["a/../../evil.json"] }, "lie outside of the model's folder"],
    [{ names: ["/etc/config.json"] }, "lie outside of the model's folder"],
    [{ names: ["C:\\\\config.json"] }, "lie outside of the model's folder"],
    [{ commit: "../../etc" }, "an answer's sha is not a hub's"],
  ];
  for (const [faults, message] of refused) {
    await withDir(async (cache) => {
      hub.faults = faults;
      await assertRejects(
        () => fetchModel(NAME, { hub: hub.url, cache, token: undefined }),
        Error,
        message,
      );
      const entries = await Array.fromAsync(Deno.readDir(cache), ({ name }) => name);
      assertEquals(entries.filter((name) => name !== "owner--model"), []);
    });
  }
});

Deno.test("a token stays with the hub, and off plain connections to other machines", async () => {
  await using elsewhere = openHub(FILES);
  await using hub = openHub(FILES);
  // Another host by its name, though the same machine.
  hub.faults = { redirect: elsewhere.url.replace("127.0.0.1", "localhost") };
  await withDir(async (cache) => {
    await fetchModel(NAME, { hub: hub.url, cache, token: "secret" });
    assertEquals(elsewhere.seen.map(({ authorization }) => authorization), [null]);
    const plain = { hub: "http://hub.test", cache, token: "secret" };
    await assertRejects(() => fetchModel(`${NAME}@b`, plain), UsageError, "would go over http");
    const { "model.safetensors": _, ...rest } = FILES;
    await using bare = openHub(rest);
    const none = { hub: bare.url, cache, token: undefined };
    await assertRejects(
      () => fetchModel(`${NAME}@b`, none),
      UsageError,
      "has no model.safetensors",
    );
    const absent = { hub: bare.url, cache, token: undefined };
    await assertRejects(
      () => fetchModel("hf:owner/other", absent),
      Error,
      "it answers 404; is the name",
    );
  });
});

Deno.test("names of models are owner and name, and --hub is for them alone", async () => {
  assertEquals(parseHubName("hf:a/b"), { id: "a/b", revision: "main" });
  assertEquals(parseHubName("hf:a-1/b.c_2@refs/pr/3").revision, "refs/pr/3");
  for (
    const text of [
      "hf:",
      "hf:a",
      "hf:a/b/c",
      "hf:../b",
      "hf:a/..",
      "hf:a/b@",
      "hf:a/b@../c",
      "hf:a/b?c",
    ]
  ) {
    assertThrows(() => parseHubName(text), UsageError, "a model is hf:OWNER/NAME");
  }
  await assertRejects(
    () => initFolder("models/", { hub: "https://hub.test" }),
    UsageError,
    "--init names no model of a hub",
  );
});
