/** Marks on letters, of which a guest may heap as many on one as it likes. */

const MOST = 16; // a browser takes seconds to draw ten thousand, and a hundred times as long for ten times as many
// What is drawn on the letter before: marks, what has no width, the later parts of a Korean syllable. DEL is nothing to
// a terminal, so that a run of marks goes on behind one.
const MARKS = "[\\p{M}\\p{Cf}\\u1160-\\u11ff\\x7f]";
const HEAPS = new RegExp(`(${MARKS}{${MOST}})${MARKS}+`, "gu");
const LAST = new RegExp(`${MARKS}{1,${MOST}}$`, "u");

/** A text without the marks that are too many on a letter. */
export function unheaped(text: string): string {
  return text.replace(HEAPS, "$1");
}

/** The marks with which an unheaped text ends. */
export function lastMarks(text: string): string {
  return LAST.exec(text)?.[0] ?? "";
}
