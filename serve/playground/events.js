// Server-sent events of a completion, as they arrive.

/** A refusal in the server's own words. */
export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** The chunks of the completion that `request` asks for; throws a Refusal. */
export async function* complete(request, { key, signal, path = "v1/completions" }) {
  const headers = { "content-type": "application/json" };
  if (key) headers.authorization = `Bearer ${key}`;
  const body = JSON.stringify({ ...request, stream: true });
  const response = await fetch(path, { method: "POST", headers, body, signal });
  if (!response.ok) throw await refusalOf(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Refusal("The server ended the text too early");
    const events = (pending + value).split("\n\n");
    pending = events.pop();
    for (const event of events) {
      const data = event.slice("data: ".length);
      if (data === "[DONE]") return;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new Refusal(chunk.error.message);
      yield chunk;
    }
  }
}

async function refusalOf(response) {
  try {
    return new Refusal((await response.json()).error.message, response.status);
  } catch {
    // A proxy in between answers with something else.
    return new Refusal(`The server answered with status ${response.status}`, response.status);
  }
}
