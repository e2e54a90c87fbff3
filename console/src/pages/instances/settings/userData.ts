/** User data: text as people write it, base64 as EC2 keeps it. */

export const MOST_USER_DATA = 16_384; // bytes, before base64

/** The bytes that a base64 text stands for; undefined where it stands for none. */
export function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64.replace(/\s/g, "")), (one) => one.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** The text that a base64 text stands for; undefined where it is no text (a compressed archive, for one). */
export function textOf(base64: string): string | undefined {
  const bytes = bytesOf(base64);
  try {
    return bytes && new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A text in base64, its characters in UTF-8. */
export function base64Of(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}
