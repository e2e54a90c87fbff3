/** What a guest says, as text: bytes in UTF-8, of which a character may come in two pieces. */
import { lastMarks, unheaped } from "../texts/marks";

export class Decoder {
  private readonly utf8 = new TextDecoder();
  private last = ""; // the marks with which the text so far ends

  /** The text of the next bytes. Of the marks on one letter those beyond a few are left out. */
  text(bytes: Uint8Array): string {
    const all = unheaped(this.last + this.utf8.decode(bytes, { stream: true }));
    const text = all.slice(this.last.length);
    this.last = lastMarks(all);
    return text;
  }
}
