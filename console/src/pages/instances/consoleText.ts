/** What a guest wrote on its console, as text that can be read and does nothing. */
import { unheaped } from "../../texts/marks";

// Each ends at the end of its line at the latest: half a sequence must not hide what comes after.
const SEQUENCES = [
  /\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?/g, // strings: titles, links, colours, …
  /\x1b\[[0-?]*[ -/]*[@-~]?/g, // the cursor, the screen, looks
  /\x1b[ -/]*[0-~]?/g, // all else
];
const OVERWRITES = /\r+\n?/g; // a line that is written anew begins a new one
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const INVISIBLE = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g; // some change the direction of text

/** The text of these bytes: sequences for a terminal are left out, and what would be invisible is spelt out. */
export function consoleText(bytes: Uint8Array): string {
  const decoded = new TextDecoder().decode(bytes).replace(OVERWRITES, "\n");
  const text = SEQUENCES.reduce((rest, sequence) => rest.replace(sequence, ""), decoded);
  const visible = text
    .replace(CONTROLS, "")
    .replace(INVISIBLE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return unheaped(visible);
}
