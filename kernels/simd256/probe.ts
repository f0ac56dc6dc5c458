/**
 * Detects whether V8 joins 128-bit pairs into 256-bit instructions. It depends on a flag of the
 * process, visible only in DENO_V8_FLAGS, and on the machine, which the tile's speed reveals.
 *
 * @module
 */
import { Body, encodeModule, type WasmFunction } from "./encode.ts";
import { FLAG } from "./flag.ts";
import { tile } from "./tile.ts";
import { SIMD256_BYTES, UNFINISHED } from "./tile_memory.ts";

const STEPS = 16;
/** Addresses of A and C, far apart, since reading freshly written memory would dominate the time. */
const A = 1024;
const KEPT = 8192;
const CALLS = 200;
/** Minimum speedup of optimised code, which arrives after some milliseconds of calls. */
const OPTIMISED = 3;
const MOST_MS = 250;
/** Rounds of optimised code, of which the fastest counts. */
const ROUNDS = 12;
/** Minimum speedup of the tile by pairing. */
const PAIRED = 1.3;
/** More than pairing can give, which means that only one of the two is optimised yet. */
const UNLIKE = 4;

/** The variable that must hold V8's flag. */
const VARIABLE = "DENO_V8_FLAGS";

let answer: boolean | undefined;

/**
 * Whether products gain from the 256-bit tile. False without the flag or the permission to
 * read DENO_V8_FLAGS; otherwise measured once per process, in some tens of milliseconds.
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
  const memory = new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true });
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

/** A function's fastest time so far, and whether its optimised code has certainly arrived. */
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
