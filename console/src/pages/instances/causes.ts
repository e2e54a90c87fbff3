/** What brings boots about, and their ends, in words. */
import type { Boot } from "../../api/types";
import type { Text, TextKey } from "../../texts/texts";

/** What brought a boot about, or its end, in a word. */
export function causeText(text: Text, cause: string | null, action: string | null): string {
  if (action !== null) return action;
  return text(cause === null ? "cause.unseen" : (`cause.${cause}` as TextKey));
}

/** Whether a kernel started, and why where it might have gone on from memory. */
export function howText(text: Text, boot: Pick<Boot, "from_memory" | "cold_because">): string {
  if (boot.from_memory) return text("timeline.fromMemory");
  return boot.cold_because === null ? text("timeline.booted") : text("timeline.cold", { why: boot.cold_because });
}
