/**
 * Clients of a completions server, well behaved and otherwise.
 *
 * @module
 */

/** Where to ask and for how long a text. */
export interface LoadOptions {
  readonly port: number;
  readonly maxTokens: number;
}

/** The events of one streamed completion, checked for their form. */
export async function streamed(
  prompt: string,
  { port, maxTokens }: LoadOptions,
): Promise<{ text: string; tokens: number }> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: body(prompt, maxTokens),
  });
  const raw = await response.text();
  if (response.status !== 200) throw new Error(`status ${response.status}: ${raw}`);
  const events = raw.split("\n\n");
  if (events.pop() !== "" || events.pop() !== "data: [DONE]") {
    throw new Error(`a stream without its end: ${raw}`);
  }
  const parsed = events.map((event) => JSON.parse(event.replace(/^data: /, "")));
  const reasons = parsed.map(({ choices }) => choices[0].finish_reason);
  if (reasons.pop() !== "length" || reasons.some((reason) => reason !== null)) {
    throw new Error(`a stream with wrong finish reasons: ${raw}`);
  }
  const texts: string[] = parsed.map(({ choices }) => choices[0].text);
  return { text: texts.join(""), tokens: texts.filter((text) => text !== "").length };
}

/** Asks again and again until `isOver`, one stream at a time; counts the tokens it got. */
export async function insist(
  prompt: string,
  { expected, isOver, onEnd, ...options }: LoadOptions & {
    expected: string;
    isOver: () => boolean;
    onEnd: (tokens: number) => void;
  },
): Promise<void> {
  while (!isOver()) {
    const { text, tokens } = await streamed(prompt, options);
    if (text !== expected) throw new Error(`${prompt}: ${text} is not ${expected}`);
    onEnd(tokens);
  }
}

/** Asks for a stream, waits for its first token and hangs up. */
export async function leave(prompt: string, { port, maxTokens }: LoadOptions): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(request(prompt, { maxTokens, key: prompt }));
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(4096);
  for (let text = ""; !text.includes("data: ");) {
    const count = await connection.read(chunk);
    if (count === null) throw new Error(`the connection ended after ${text}`);
    text += decoder.decode(chunk.subarray(0, count));
  }
}

/** Sends that part of a request for a stream, from 0 to 1, and then does nothing until disposed. */
export async function stall(
  prompt: string,
  { port, maxTokens, part }: LoadOptions & { part: number },
): Promise<Disposable> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = request(prompt, { maxTokens });
  await connection.write(bytes.subarray(0, part * bytes.length));
  return connection;
}

function body(prompt: string, maxTokens: number): string {
  return JSON.stringify({ prompt, max_tokens: maxTokens, temperature: 0, stream: true });
}

function request(
  prompt: string,
  { maxTokens, key = "" }: { maxTokens: number; key?: string },
): Uint8Array {
  const content = body(prompt, maxTokens);
  return new TextEncoder().encode(
    "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
      `x-key: ${key}\r\ncontent-length: ${content.length}\r\n\r\n${content}`,
  );
}
