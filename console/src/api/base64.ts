/** Bytes as the base64 text that EC2 takes. */

export function base64Of(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** The bytes of base64 text that the cloud gave. Throws where it is none. */
export function decoded(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
}

/** The bytes that a base64 text stands for; undefined where it stands for none. */
export function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return decoded(base64);
  } catch {
    return undefined;
  }
}
