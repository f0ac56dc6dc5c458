// CRC-32C (Castagnoli), RFC 3720 appendix B.4, reflected polynomial, one byte at a time.
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value >>> 1 ^ (value & 1 ? 0x82f63b78 : 0);
  return value;
});

/** The CRC-32C of `bytes`, unsigned. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crc >>> 8 ^ (TABLE[(crc ^ byte) & 0xff] as number);
  return ~crc >>> 0;
}
