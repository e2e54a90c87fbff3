/** A WebSocket of the console that is made again whenever it ends, until that is of no use any more. */
import { about } from "./call";
import { halfB } from "./session";

/** Milliseconds by which a timer is late after the page itself slept: what came meanwhile is yet to be read. */
const LATE = 1000;
const FIRST_RETRY = 500;
const LONGEST_RETRY = 5000;
const SUBPROTOCOL = "kumoniwa";
const GONE = 1006; // what a browser calls an end of which it was told nothing

export interface Ears {
  /** A message came. */
  heard: (data: string | ArrayBuffer) => void;
  /** The connection has ended, or was refused. Gives whether to try again by itself. */
  lost: (code: number, reason: string) => boolean;
  /** Milliseconds after which a connection on which nothing comes is taken for dead. */
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

  /** Connect, and connect again whenever that ends or falls silent, until `stop`. */
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

  /** Take the connection for dead, though nothing has closed it. */
  drop(): void {
    if (this.wanted && this.socket !== undefined) this.ended(GONE, "");
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

  /** Give the server until `silence` to say something, and once more where the page itself slept: then it is lost. */
  private listen(mayHaveSlept = true): void {
    const patience = this.ears.silence;
    if (patience === undefined) return;
    clearTimeout(this.silence);
    const due = Date.now() + patience;
    this.silence = setTimeout(() => {
      if (mayHaveSlept && Date.now() - due > LATE) this.listen(false);
      else this.drop();
    }, patience);
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
    about(this.asking.signal).catch(() => undefined); // it says so where the session has ended: nothing else is asked
    this.timer = setTimeout(() => this.again(), this.retry);
    this.retry = Math.min(this.retry * 2, LONGEST_RETRY);
  }
}
