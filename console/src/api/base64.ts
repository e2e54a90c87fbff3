/** Bytes as the base64 text that EC2 takes. */

export function base64Of(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** How many bytes a base64 text stands for; undefined where it is none. */
export function bytesOf(base64: string): number | undefined {
  try {
    return atob(base64).length;
  } catch {
    return undefined;
  }
}
