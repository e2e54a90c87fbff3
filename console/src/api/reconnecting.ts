/** A WebSocket of the console that is made again whenever it ends, until that is of no use any more. */
import { about, Unreachable } from "./call";
import { halfB } from "./session";

const FIRST_RETRY = 500; // ms
const LONGEST_RETRY = 5000;
const SUBPROTOCOL = "kumoniwa";

export interface Ears {
  /** A message came. */
  heard: (data: string | ArrayBuffer) => void;
  /** The connection has ended, or was refused. Gives whether to try again by itself. */
  lost: (code: number, reason: string) => boolean;
}

export class Reconnecting {
  private socket: WebSocket | undefined;
  private retry = FIRST_RETRY;
  private timer: ReturnType<typeof setTimeout> | undefined;
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
    clearTimeout(this.timer);
    this.timer = undefined;
    this.socket?.close();
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
  }

  /** The connection does what it is for: the next one is tried soon after this. */
  works(): void {
    this.retry = FIRST_RETRY;
  }

  /** Connect now, where there is no connection. */
  again(): void {
    if (!this.wanted || this.socket !== undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.connect();
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
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${this.path}`;
    const socket = new WebSocket(address, [SUBPROTOCOL, halfB() ?? ""]);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = (message) => {
      if (socket === this.socket && this.wanted) this.ears.heard(message.data as string | ArrayBuffer);
    };
    socket.onclose = ({ code, reason }) => {
      if (socket !== this.socket) return;
      this.socket = undefined;
      if (this.wanted && this.ears.lost(code, reason)) void this.tryAgain();
    };
  }

  private async tryAgain(): Promise<void> {
    try {
      await about(); // which says so where the session has ended
    } catch (failure) {
      if (!(failure instanceof Unreachable)) return;
    }
    if (!this.wanted || this.socket !== undefined || this.timer !== undefined) return; // stopped or woken meanwhile
    this.timer = setTimeout(() => this.again(), this.retry);
    this.retry = Math.min(this.retry * 2, LONGEST_RETRY);
  }
}
