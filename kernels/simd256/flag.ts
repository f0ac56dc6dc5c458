/** The V8 flag that lets it pair 128-bit operations. */
export const FLAG = "--experimental-wasm-revectorize";
