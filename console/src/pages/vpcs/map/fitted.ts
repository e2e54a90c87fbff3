/** Texts in boxes. Pure. */
import { widthOf } from "../../instances/TimelineFlags";

const CHARACTER = 6.1; // px of 11 px letters, about

/** A text cut so that it is no wider than this. */
export function fitted(text: string, width: number, character = CHARACTER): string {
  if (widthOf(text, character) <= width) return text;
  const letters = [...text];
  while (letters.length > 0 && widthOf(`${letters.join("")}…`, character) > width) letters.pop();
  return `${letters.join("")}…`;
}
