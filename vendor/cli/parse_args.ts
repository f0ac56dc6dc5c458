export function parseArgs(_args: string[]): never { throw new Error("pending"); }
