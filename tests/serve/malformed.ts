/**
 * Requests that no server should answer but with a refusal, as the bytes of a connection.
 *
 * @module
 */
import * as fc from "fast-check";

/** What a client sends, and of which kind it is. */
export interface Malformed {
  readonly kind: string;
  readonly bytes: Uint8Array;
}

/** Bodies longer than this are of kind `long body`. */
export const MAX_BODY_BYTES = 8192;

const COMPLETION = { prompt: "2%", max_tokens: 4, temperature: 0, stream: false };
const CHAT = { messages: [{ role: "user", content: "2%" }], max_tokens: 4 };
const PATHS = ["/v1/completions", "/v1/chat/completions"] as const;

/** Values that are wrong for a field. */
const NUMBERS = ["1", "", true, {}, [], [1], -1, -1e308, 1e308];
const COUNTS = [...NUMBERS, 0, 0.5, 2 ** 53];
const SHARES = [...NUMBERS, 1.0001];
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  model: [1, true, {}, [], "other", ""],
  max_tokens: COUNTS,
  temperature: [...NUMBERS, 2.0001],
  top_p: SHARES,
  min_p: SHARES,
  typical_p: SHARES,
  top_k: [...NUMBERS, 0.5, 2 ** 53],
  repetition_penalty: [...NUMBERS, 0],
  presence_penalty: ["1", true, {}, [], -2.1, 2.1, 1e308],
  frequency_penalty: ["1", true, {}, [], -2.1, 2.1, 1e308],
  logit_bias: [1, "a", [1], { a: 1 }, { "1": 101 }, { "1": "1" }, { "-1": 1 }, { "99": 1 }],
  seed: ["1", true, {}, [], -1e19, 0.5, 1e308],
  stop: [1, true, {}, "", [""], [1], ["a", "b", "c", "d", "e"], "a".repeat(257)],
  stream: [1, "true", {}, []],
  stream_options: [1, "a", [], { include_usage: 1 }, { odd: true }, { include_usage: true }],
  n: [...COUNTS, 17],
  user: [1, true, {}, []],
};
const WRONG_PROMPTS = [1, true, null, {}, [{}], [1.5], [-1], [61], [1, "a"], [[1], ["a"]], [[[1]]]];
const WRONG_MESSAGES = [
  1,
  "a",
  null,
  {},
  [],
  [1],
  [{}],
  [{ role: "user" }],
  [{ content: "a" }],
  [{
    role: 5,
    content: "a",
  }],
  [{ role: "user", content: 5 }],
  [[{ role: "user", content: "a" }]],
];

/** Any of the requests. */
export const malformed: fc.Arbitrary<Malformed> = fc.oneof(
  { weight: 5, arbitrary: kind("wrong value", wrongValue()) },
  { weight: 3, arbitrary: kind("no JSON", noJson()) },
  { weight: 1, arbitrary: kind("unknown field", unknownField()) },
  { weight: 1, arbitrary: kind("huge number", hugeNumber()) },
  { weight: 1, arbitrary: kind("nested", nested()) },
  { weight: 2, arbitrary: kind("no UTF-8", noUtf8()) },
  { weight: 1, arbitrary: kind("long body", longBody()) },
  { weight: 1, arbitrary: kind("content type", contentType()) },
  { weight: 2, arbitrary: kind("route", route()) },
  { weight: 2, arbitrary: kind("method", method()) },
  { weight: 4, arbitrary: kind("headers", headers()) },
  { weight: 2, arbitrary: kind("length", length()) },
  { weight: 2, arbitrary: kind("no HTTP", noHttp()) },
  { weight: 1, arbitrary: kind("partial", partial()) },
);

function kind(name: string, bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Malformed> {
  return bytes.map((bytes) => ({ kind: name, bytes }));
}

function wrongValue(): fc.Arbitrary<Uint8Array> {
  const shared = fc.constantFrom(...Object.keys(WRONG)).chain((field) =>
    fc.tuple(fc.constantFrom(...PATHS), fc.constantFrom(...WRONG[field] ?? []))
      .map(([path, value]) => post(path, { ...valid(path), [field]: value }))
  );
  const prompt = fc.constantFrom(...WRONG_PROMPTS)
    .map((prompt) => post("/v1/completions", { ...COMPLETION, prompt }));
  const messages = fc.constantFrom(...WRONG_MESSAGES)
    .map((messages) => post("/v1/chat/completions", { ...CHAT, messages }));
  return fc.oneof({ weight: 8, arbitrary: shared }, prompt, messages);
}

/** A request in which something was cut, put in or changed, so that it is no JSON any more. */
function noJson(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.constantFrom(...PATHS), fc.nat(), fc.string(), fc.nat({ max: 5 }))
    .map(([path, position, put, cut]) => {
      const json = JSON.stringify(valid(path));
      const at = position % json.length;
      return { path, text: json.slice(0, at) + put + json.slice(at + cut) };
    })
    .filter(({ text }) => !isJson(text))
    .map(({ path, text }) => post(path, text));
}

function unknownField(): fc.Arbitrary<Uint8Array> {
  const name = fc.oneof(
    fc.constantFrom("__proto__", "constructor", "toString", "Prompt", "prompt ", "max-tokens"),
    fc.string({ minLength: 1, unit: "binary" }).filter((name) => !(name in WRONG)),
  );
  return fc.tuple(fc.constantFrom(...PATHS), name, fc.jsonValue({ maxDepth: 2 }))
    .filter(([path, name]) => !Object.hasOwn(valid(path), name) && !KNOWN.has(name))
    .map(([path, name, value]) =>
      post(
        path,
        `${JSON.stringify(valid(path)).slice(0, -1)},${JSON.stringify(name)}:${
          JSON.stringify(value)
        }}`,
      )
    );
}

/** Fields that may come with what is not wrong. */
const KNOWN = new Set(["echo", "logprobs", "best_of", "suffix", "tools", "top_logprobs"]);

function hugeNumber(): fc.Arbitrary<Uint8Array> {
  const number = fc.oneof(
    fc.constantFrom(
      "1e999",
      "-1e999",
      "9".repeat(400),
      `0.${"9".repeat(400)}e400`,
      "1e-999",
      "-0.1",
    ),
    fc.nat({ max: 3000 }).map((digits) => `-1${"0".repeat(digits)}`),
  );
  return fc.tuple(number, fc.constantFrom("max_tokens", "seed", "n")).map((
    [number, field],
  ) =>
    post(
      "/v1/completions",
      `{"prompt":"a","${field}":${field === "seed" ? "-1e40" : ""}${
        field === "seed" ? number.replace(/\D/g, "") : number
      }}`,
    )
  );
}

function nested(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.integer({ min: 65, max: 1200 }), fc.constantFrom("[]", '{"a":}'), fc.boolean())
    .map(([depth, pair, closed]) => {
      const [open, close] = pair === "[]" ? ["[", "]"] : ['{"a":', "}"];
      const value = open.repeat(depth) + "1" + (closed ? close.repeat(depth) : "");
      return post("/v1/completions", `{"prompt":${value}}`);
    });
}

function noUtf8(): fc.Arbitrary<Uint8Array> {
  const bad = fc.constantFrom(
    [0xff],
    [0xc0, 0xaf],
    [0xe2, 0x82],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0x80],
  );
  return fc.tuple(fc.constantFrom(...PATHS), fc.nat(), bad).map(([path, position, bad]) => {
    const json = Array.from(utf8(JSON.stringify(valid(path))));
    json.splice(position % json.length, 0, ...bad, 0x20);
    return post(path, Uint8Array.from(json));
  });
}

function longBody(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.constantFrom(...PATHS), fc.integer({ min: 1, max: 4096 }))
    .map(([path, over]) => post(path, " ".repeat(MAX_BODY_BYTES + over)));
}

function contentType(): fc.Arbitrary<Uint8Array> {
  const type = fc.constantFrom(
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=a",
    "application/jsonp",
    "application",
    "json",
    '"',
  );
  return type.map((type) => post(PATHS[0], COMPLETION, { "content-type": type }));
}

function route(): fc.Arbitrary<Uint8Array> {
  const path = fc.oneof(
    fc.webPath().filter((path) => !/^\/*($|\?|health|metrics|dashboard)/.test(path)),
    fc.constantFrom(
      "/v1/completions/",
      "/v1//completions",
      "/V1/completions",
      "/v1/models/%zz",
      "/v1/models/%ff%fe",
      "/v1/models/__proto__",
      "/../../etc/passwd",
      "/v1/%2e%2e/%2e%2e/etc/passwd",
      "/%00",
      "http://[/",
      "*",
      "//",
    ),
  );
  return path.map((path) => request(`GET ${path === "" ? "/none" : path} HTTP/1.1`));
}

function method(): fc.Arbitrary<Uint8Array> {
  const method = fc.constantFrom(
    ..."GET PUT PATCH DELETE TRACE OPTIONS CONNECT PROPFIND get FOO G\u00e4T".split(" "),
  );
  return fc.tuple(method, fc.constantFrom(...PATHS))
    .map(([method, path]) => request(`${method} ${path} HTTP/1.1`));
}

function headers(): fc.Arbitrary<Uint8Array> {
  const line = fc.constantFrom(
    "no colon",
    ": no name",
    "space : before",
    "nul: a\0b",
    "na\u00efme: a",
    "x: a\rb",
    `long: ${"a".repeat(20_000)}`,
    `${"b".repeat(20_000)}: name`,
    Array.from({ length: 3000 }, (_, i) => `x${i}: a`).join("\r\n"),
    "host: second",
    "host: a b",
    "transfer-encoding: odd",
    "expect: the-unexpected",
  );
  const bad = line.map((line) => request(`POST /v1/completions HTTP/1.1`, line));
  const start = fc.constantFrom(
    "GET /health HTTP/9.9",
    "GET /health HTTP/1.1 more",
    "GET /health FTP/1.1",
    "/health GET HTTP/1.1",
    "GET /hea\0lth HTTP/1.1",
  ).map((start) => request(start));
  const noHost = fc.constantFrom("", "host:\r\n", "host: \r\n", "host: [\r\n", "host: a/b\r\n")
    .map((host) => utf8(`GET /health HTTP/1.1\r\n${host}connection: close\r\n\r\n`));
  return fc.oneof({ weight: 3, arbitrary: bad }, start, noHost);
}

function length(): fc.Arbitrary<Uint8Array> {
  const json = JSON.stringify(COMPLETION);
  const n = json.length;
  const framing = fc.constantFrom(
    ["content-length: x", json],
    ["content-length: -1", json],
    ["content-length: 1e2", json],
    ["content-length: 0x10", json],
    [`content-length: ${"9".repeat(40)}`, json],
    [`content-length: ${n}\r\ncontent-length: ${n + 1}`, json],
    [`content-length: ${n}\r\ntransfer-encoding: chunked`, json],
    ["transfer-encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"],
    ["transfer-encoding: chunked", "-1\r\n{}\r\n0\r\n\r\n"],
    ["transfer-encoding: chunked", `${"f".repeat(20)}\r\n{}\r\n0\r\n\r\n`],
    ["transfer-encoding: chunked", "2\r\n{}xx0\r\n\r\n"],
    ["content-length: 0", ""],
    [`content-length: ${n - 1}`, json.slice(0, -1)],
  );
  return framing.map(([framing = "", body = ""]) =>
    utf8(
      "POST /v1/completions HTTP/1.1\r\nhost: a\r\nconnection: close\r\n" +
        `content-type: application/json\r\n${framing}\r\n\r\n${body}`,
    )
  );
}

function noHttp(): fc.Arbitrary<Uint8Array> {
  const known = fc.constantFrom(
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "EHLO example.org\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "{}\r\n\r\n",
  ).map(utf8);
  const noise = fc.uint8Array({ minLength: 1, maxLength: 300 })
    .map((bytes) => Uint8Array.from([0, ...bytes]));
  return fc.oneof(known, noise);
}

/** What never comes to its end, though the connection stays. */
function partial(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.constantFrom(...PATHS), fc.nat()).map(([path, at]) => {
    const whole = post(path, valid(path));
    return whole.slice(0, 1 + at % (whole.length - 1));
  });
}

function valid(path: string): object {
  return path === PATHS[0] ? COMPLETION : CHAT;
}

function post(
  path: string,
  body: object | string | Uint8Array,
  { "content-type": type = "application/json" } = {},
): Uint8Array {
  const content = body instanceof Uint8Array
    ? body
    : utf8(typeof body === "string" ? body : JSON.stringify(body));
  const head = utf8(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: ${type}\r\n` +
      `content-length: ${content.length}\r\n\r\n`,
  );
  return Uint8Array.from([...head, ...content]);
}

function request(start: string, line?: string): Uint8Array {
  return utf8(
    `${start}\r\nhost: localhost\r\nconnection: close\r\n${
      line === undefined ? "" : `${line}\r\n`
    }\r\n`,
  );
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
