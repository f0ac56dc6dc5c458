/**
 * Draws rows out of documents that are generated one at a time, and prints the most documents that
 * were still held after a collection. Run by draw_rows_test.ts in a process with `--expose-gc`.
 */
import { drawRows, type Origin } from "../../run/draw_rows.ts";

const { gc } = globalThis as unknown as { gc: () => void };
const cols = 8, rows = 50;
const made: WeakRef<Uint16Array>[] = [];
let most = 0;

async function* documents(): AsyncGenerator<Origin & { ids: Uint16Array }, void> {
  for (let place = 0; place < 5000; place++) {
    const ids = new Uint16Array(100 * cols + 1).fill(7);
    made.push(new WeakRef(ids));
    yield { docId: place.toString(16).padStart(16, "0"), url: "", source: "", place, ids };
    if (place % 1000 !== 999) continue;
    // Weak references are cleared between turns of the event loop only.
    await new Promise((resolve) => setTimeout(resolve));
    gc();
    most = Math.max(most, made.filter((ref) => ref.deref() !== undefined).length);
  }
}

const drawn = await drawRows(documents(), { seed: 1, rows, cols });
console.log(JSON.stringify({ drawn: drawn.length, most }));
