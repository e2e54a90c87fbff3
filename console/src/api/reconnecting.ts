/** A WebSocket of the console that is made again whenever it ends or falls silent, until that is of no use any more. */
import { about, Refused } from "./call";
import { halfB } from "./session";

const FIRST_RETRY = 500; // ms
const LONGEST_RETRY = 5000;
/** Milliseconds by which a timer is late after the page itself slept: what came meanwhile is yet to be read. */
const LATE = 1000;
const SUBPROTOCOL = "kumoniwa";
/** The code of a connection of which no end was ever heard. */
const GONE = 1006;

export interface Ears {
  /** A message came. */
  heard: (data: string | ArrayBuffer) => void;
  /** The connection has ended, or was refused. Gives whether to try again by itself. */
  lost: (code: number, reason: string) => boolean;
  /** Milliseconds without a message after which it is taken for dead, where the server says something again and again. */
  silence?: number;
}

export class Reconnecting {
  private socket: WebSocket | undefined;
  private retry = FIRST_RETRY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;
  private wanted = false;

  constructor(
    private readonly path: string,
    private readonly ears: Ears,
  ) {}

  /** Connect, and connect again whenever that ends, until `stop`. */
  start(): void {
    this.wanted = true;
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake); // after sleep
    this.connect();
  }

  stop(): void {
    this.wanted = false;
    this.leave();
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
  }

  /** The connection does what it is for: the next one is tried soon after this. */
  works(): void {
    this.retry = FIRST_RETRY;
  }

  /** Connect now, where there is no connection. */
  again(): void {
    if (this.wanted && this.socket === undefined) this.connect();
  }

  /** Send this, where there is a connection that takes it. Gives whether there is. */
  send(bytes: Uint8Array<ArrayBuffer>, mostWaiting: number): boolean {
    const socket = this.socket;
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > mostWaiting) return false;
    socket.send(bytes);
    return true;
  }

  private readonly wake = (): void => {
    if (this.timer !== undefined && document.visibilityState === "visible") this.again();
  };

  private connect(): void {
    this.leave();
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${this.path}`;
    const socket = new WebSocket(address, [SUBPROTOCOL, halfB() ?? ""]);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = (message) => {
      this.listen();
      this.ears.heard(message.data as string | ArrayBuffer);
    };
    socket.onclose = ({ code, reason }) => this.ended(code, reason);
    this.listen();
  }

  /** Give the server its time to say something, and once more where the page itself slept: then it is lost. */
  private listen(mayHaveSlept = true): void {
    if (this.ears.silence === undefined) return;
    clearTimeout(this.silence);
    const due = Date.now() + this.ears.silence;
    this.silence = setTimeout(() => {
      if (mayHaveSlept && Date.now() - due > LATE) this.listen(false);
      else this.ended(GONE, "");
    }, this.ears.silence);
  }

  /** Have nothing more to do with the connection: a dead one would take long to close. */
  private leave(): void {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.timer = undefined;
    this.asking?.abort();
    if (this.socket === undefined) return;
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = undefined;
  }

  private ended(code: number, reason: string): void {
    this.leave();
    if (!this.ears.lost(code, reason)) return;
    this.asking = new AbortController();
    about(this.asking.signal).catch((failure: unknown) => {
      if (failure instanceof Refused) this.stop(); // the session has ended, which has been said
    });
    this.timer = setTimeout(() => this.connect(), this.retry);
    this.retry = Math.min(this.retry * 2, LONGEST_RETRY);
  }
}
