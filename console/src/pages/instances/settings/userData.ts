/** User data: text as people write it, base64 as EC2 keeps it. */
import { base64Of, bytesOf } from "../../../api/base64";

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
export function ofText(text: string): string {
  return base64Of(new TextEncoder().encode(text));
}
