/**
 * Prints the V8 flags of tasks that train. Run with them in DENO_V8_FLAGS it fails where V8 no longer
 * knows one, so that the task can do without.
 *
 * @module
 */
import { FLAG } from "../kernels/simd256/flag.ts";

if (import.meta.main) console.log(FLAG);
