/** What brings boots about, and their ends, and how a guest came up, in words. */
import type { Boot } from "../../api/types";
import type { Text, TextKey } from "../../texts/texts";

/** What brought a boot about, or its end, in a word. */
export function causeText(text: Text, cause: string | null, action: string | null): string {
  if (action !== null) return action;
  return text(cause === null ? "cause.unseen" : (`cause.${cause}` as TextKey));
}

/** Whether a guest went on from memory, or booted; and why it booted, where it might have gone on. */
export function wayText(text: Text, boot: Pick<Boot, "from_memory" | "cold_because">): string {
  if (boot.from_memory) return text("boot.fromMemory");
  return boot.cold_because === null ? text("boot.cold") : text("boot.coldBecause", { why: boot.cold_because });
}
