// Sends the prompt and shows the answer as it arrives.
const element = (id) => document.getElementById(id);
const [prompt, temperature, tokens, generate, stop, text, status] = [
  "prompt",
  "temperature",
  "tokens",
  "generate",
  "stop",
  "text",
  "status",
].map(element);

let running;

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  running = new AbortController();
  generate.disabled = true;
  stop.disabled = false;
  text.textContent = prompt.value;
  status.textContent = "";
  try {
    await stream(running.signal);
  } catch (error) {
    status.textContent = error.name === "AbortError" ? "Stopped." : error.message;
  } finally {
    generate.disabled = false;
    stop.disabled = true;
  }
});

stop.addEventListener("click", () => running.abort());

async function stream(signal) {
  const response = await fetch("v1/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      prompt: prompt.value,
      temperature: temperature.valueAsNumber,
      max_tokens: tokens.valueAsNumber,
      stream: true,
    }),
    signal,
  });
  if (!response.ok) throw new Error((await response.json()).error.message);
  let pending = "";
  for await (const chunk of chunks(response.body.pipeThrough(new TextDecoderStream()))) {
    const events = (pending + chunk).split("\n\n");
    pending = events.pop();
    for (const event of events) show(event.slice("data: ".length));
  }
}

// Not every browser can iterate over a stream.
async function* chunks(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function show(data) {
  if (data === "[DONE]") return;
  const { error, choices } = JSON.parse(data);
  if (error) throw new Error(error.message);
  text.append(choices[0].text);
}
