/**
 * Whether V8 makes 256-bit instructions of 128-bit pairs here. It depends on a flag of the process,
 * seen in DENO_V8_FLAGS alone, and on the machine, which the tile's speed tells.
 *
 * @module
 */
import { Body, encodeModule, type WasmFunction } from "./encode.ts";
import { FLAG } from "./flag.ts";
import { tile } from "./tile.ts";
import { SIMD256_BYTES, UNFINISHED } from "./tile_memory.ts";

const STEPS = 16;
/** Where A is and where C is kept: apart, since reading what was just written would take the time. */
const A = 1024;
const KEPT = 8192;
const CALLS = 200;
/** Optimised code arrives after some milliseconds of calls; it is at least so much faster. */
const OPTIMISED = 3;
const MOST_MS = 250;
/** Rounds of optimised code whose fastest counts. */
const ROUNDS = 12;
/** With pairs the tile is at least so much faster than where V8 cannot pair. */
const PAIRED = 1.3;
/** More than pairs can give: only one of the two is optimised yet. */
const UNLIKE = 4;

/** The variable that must hold V8's flag. */
const VARIABLE = "DENO_V8_FLAGS";

let answer: boolean | undefined;

/**
 * Whether products gain from the 256-bit tile. Without the flag, or without the permission to read
 * DENO_V8_FLAGS, no; else it is measured once a process, in some tens of milliseconds.
 */
export function hasSimd256(): boolean {
  return answer ??= isFlagged() && probe();
}

function isFlagged(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: VARIABLE });
  return state === "granted" && Deno.env.get(VARIABLE)?.includes(FLAG) === true;
}

function probe(): boolean {
  const base = 65536;
  const bytes = encodeModule(base + SIMD256_BYTES, [
    tile(base, { steps: STEPS, pairs: false }),
    tile(base, { steps: STEPS }),
    { ...repeated(0), name: "single" },
    { ...repeated(1), name: "paired" },
  ]);
  if (!WebAssembly.validate(bytes)) return false;
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const timers = [exports.single, exports.paired].map((call) => createTimer(call as Call));
  const end = performance.now() + MOST_MS;
  for (let [paired, alike] = [0, 0]; performance.now() < end;) {
    const [single, pairs] = timers.map((timer) => timer()) as [Timing, Timing];
    const ratio = single.ms / pairs.ms;
    if (ratio > UNLIKE) continue;
    if (ratio > PAIRED) paired++;
    else if (single.optimised && pairs.optimised) alike++;
    if (paired === ROUNDS) return true;
    if (alike === ROUNDS) return false;
  }
  return false;
}

/** `(times)`: calls a tile that keeps its C. */
function repeated(tile: number): WasmFunction {
  const body = new Body(0).loop();
  for (const parameter of [STEPS, A, A, UNFINISHED, KEPT, 0, 0, 0]) body.constant(parameter);
  return { parameters: 1, body: body.call(tile).countDown(0).end() };
}

type Call = (times: number) => void;

/** A function's fastest time so far, and whether it is sure that optimised code has come. */
interface Timing {
  readonly ms: number;
  readonly optimised: boolean;
}

/** Times a function each time it is called. */
function createTimer(call: Call): () => Timing {
  let [slowest, fastest] = [0, Infinity];
  // The first call compiles.
  call(1);
  return () => {
    const start = performance.now();
    call(CALLS);
    const ms = performance.now() - start;
    if (slowest === 0) slowest = ms;
    fastest = Math.min(fastest, ms);
    return { ms: fastest, optimised: slowest > OPTIMISED * fastest };
  };
}
