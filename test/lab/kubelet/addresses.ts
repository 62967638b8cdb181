const blockSize = 64;

/**
 * Pod addresses of lab number `index`: 10.244.1.0 to 10.244.63.255 for the first, the next 64 third octets for the second, and
 * so on to four. Taken in turn, so that one is used again as late as possible: a proxy may still know its last owner.
 */
export function addressPool(index: number): () => string {
  if (index < 0 || index > 3) throw new Error("a network namespace has room for four labs");
  let taken = 0;
  return () => {
    const at = taken++ % ((blockSize - 1) * 254);
    const third = index * blockSize + 1 + Math.floor(at / 254);
    return `10.244.${third}.${(at % 254) + 1}`;
  };
}
