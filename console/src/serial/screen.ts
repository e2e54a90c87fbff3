/** The terminal: it shows what a guest says, whatever that is, and does nothing else for it. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal, type ITerminalOptions } from "@xterm/xterm";
import { Decoder } from "./decoder";

const MOST_PENDING = 1024 * 1024; // bytes that wait to be drawn; a page in the background draws little
const PIECE = 4096; // characters; between two the page gets its turn, where they took long
const SCROLLBACK = 10_000; // lines
const CANCEL = "\x18"; // ends an escape sequence that stands half there
const OPTIONS: ITerminalOptions = {
  allowProposedApi: false,
  cursorBlink: false,
  fontFamily: "Monaco, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  fontSize: 14,
  minimumContrastRatio: 4.5,
  screenReaderMode: true,
  scrollback: SCROLLBACK,
  theme: { background: "#0f141a", foreground: "#ebebf0" },
};

export class Screen {
  readonly terminal = new Terminal(OPTIONS);
  private readonly fit = new FitAddon();
  private readonly encoder = new TextEncoder();
  private decoder = new Decoder();
  private pending = 0;
  private skipped = 0;

  /** `typed` is given what the reader types, and `skippedText` says that so many bytes are not shown. */
  constructor(
    typed: (bytes: Uint8Array<ArrayBuffer>) => void,
    private readonly skippedText: (bytes: number) => string,
  ) {
    keepQuiet(this.terminal);
    keepQuick(this.terminal);
    this.terminal.loadAddon(this.fit);
    this.terminal.onData((text) => typed(this.encoder.encode(text)));
    this.terminal.onBinary((text) => typed(Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff)));
  }

  /** Show it in this place, as large as that is, until the function that this gives is called. */
  open(place: HTMLElement): () => void {
    this.terminal.open(place);
    const fit = (): void => this.fit.fit();
    const watching = new ResizeObserver(fit);
    watching.observe(place);
    fit();
    return () => {
      watching.disconnect();
      this.terminal.dispose();
    };
  }

  /** Forget all that is shown: the history comes again. */
  clear(): void {
    this.skipped = 0;
    this.decoder = new Decoder();
    this.terminal.write(CANCEL);
    this.terminal.reset();
  }

  /** Show what the guest said. What cannot be drawn in time is skipped, and its length shown. */
  write(bytes: Uint8Array): void {
    if (this.pending + bytes.length > MOST_PENDING) {
      this.skipped += bytes.length;
      return;
    }
    if (this.skipped > 0) this.skip(this.skipped);
    this.skipped = 0;
    this.pending += bytes.length;
    const text = this.decoder.text(bytes);
    for (let at = 0; at < text.length; at += PIECE) this.terminal.write(text.slice(at, at + PIECE));
    this.terminal.write("", () => (this.pending -= bytes.length));
  }

  /** Show that so many bytes are missing here. */
  skip(bytes: number): void {
    this.terminal.write(`${CANCEL}\x1b[0m\r\n${this.skippedText(bytes)}\r\n`);
  }
}

/**
 * Have a terminal draw, and nothing more. It answers no question of the guest's (who it is, where its cursor stands):
 * the answer would be typed, once for each page that is open, and again with each history that is shown. It makes no
 * links of what the guest calls so, and lets it change neither the page's title nor its colours.
 */
export function keepQuiet({ parser }: Terminal): void {
  const swallow = (): boolean => true;
  const questions = [
    { final: "c" },
    { prefix: ">", final: "c" },
    { prefix: "=", final: "c" },
    { final: "n" },
    { prefix: "?", final: "n" },
    { intermediates: "$", final: "p" },
    { prefix: "?", intermediates: "$", final: "p" },
    { prefix: ">", final: "q" },
    { final: "t" },
  ];
  for (const question of questions) parser.registerCsiHandler(question, swallow);
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, swallow);
  parser.registerDcsHandler({ intermediates: "+", final: "q" }, swallow);
  const titles = [0, 1, 2];
  const colours = [4, 10, 11, 12, 104, 110, 111, 112];
  const links = [8];
  const clipboard = [52];
  for (const command of [...titles, ...colours, ...links, ...clipboard]) parser.registerOscHandler(command, swallow);
}

/**
 * Have a terminal spend no more on a sequence than a screen is worth. It would scroll, or repeat a letter, as often as
 * the guest says: two thousand million times are twelve bytes, and an hour in which the page does nothing else.
 */
export function keepQuick(terminal: Terminal): void {
  const { parser } = terminal;
  const beyond =
    (most: () => number) =>
    ([count]: (number | number[])[]): boolean =>
      typeof count === "number" && count > most();
  // To insert or delete lines, to scroll up or down.
  for (const final of ["L", "M", "S", "T"]) parser.registerCsiHandler({ final }, beyond(() => terminal.rows));
  // To go from one tab stop to the next or the one before, to repeat the last letter.
  for (const final of ["I", "Z", "b"]) parser.registerCsiHandler({ final }, beyond(() => terminal.cols));
}
