/** What brings boots about, and their ends, in words. */
import type { Text, TextKey } from "../../texts/texts";

/** What brought a boot about, or its end, in a word. */
export function causeText(text: Text, cause: string | null, action: string | null): string {
  if (action !== null) return action;
  return text(cause === null ? "cause.unseen" : (`cause.${cause}` as TextKey));
}
