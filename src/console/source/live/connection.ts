/** The life of the connection to the live feed: follow, notice silence and gaps, come back with patience. */

import { follow, parse, type Board } from "./fold.ts";

export const SIGNED_OUT = 4401;
const SILENCE = 15_000;
const FIRST_RETRY = 500;
const LAST_RETRY = 15_000;

export interface Ports {
  open(): WebSocket;
  /** Whether the session still holds: "gone" means sign in again, "unreachable" that nobody answers. */
  session(): Promise<"valid" | "gone" | "unreachable">;
  heard(moment: number): void;
  board(board: Board): void;
  /** The feed is followed (true) or was lost (false). Told on change. */
  followed(isFollowed: boolean): void;
  signedOut(): void;
}

export class Connection {
  private socket: WebSocket | null = null;
  private board: Board | null = null;
  private isFollowed = false;
  private isStopped = false;
  private failures = 0;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  private readonly ports: Ports;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  start(): void {
    clearTimeout(this.retry);
    if (this.isStopped || this.socket) return;
    const socket = this.ports.open();
    this.socket = socket;
    this.board = null;
    this.expectWord(socket);
    socket.onmessage = (event) => this.take(socket, event.data);
    socket.onclose = (event) => this.lost(socket, event.code);
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    this.socket?.close();
    this.socket = null;
  }

  /** The machine woke up or the network came back: do not sit out the patience. */
  hurry(): void {
    if (this.socket === null) {
      this.failures = 0;
      this.start();
    }
  }

  private take(socket: WebSocket, data: unknown): void {
    if (socket !== this.socket) return;
    this.expectWord(socket);
    const message = parse(data);
    if (message === null) return this.drop(socket);
    const next = follow(this.board, message);
    if (next === "gap") return this.drop(socket);
    this.failures = 0;
    this.ports.heard(message.now);
    if (next !== this.board) {
      this.board = next;
      this.ports.board(next);
    }
    this.tell(true);
  }

  /** A half-open connection is silent for good: the server speaks every few seconds. */
  private expectWord(socket: WebSocket): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.drop(socket), SILENCE);
  }

  private drop(socket: WebSocket): void {
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
    this.lost(socket, 1006);
  }

  private lost(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    this.tell(false);
    if (this.isStopped) return;
    if (code === SIGNED_OUT) return this.ports.signedOut();
    const patience = Math.min(FIRST_RETRY * 2 ** this.failures++, LAST_RETRY);
    this.retry = setTimeout(() => void this.comeBack(), patience * (0.5 + Math.random() / 2));
  }

  /** A refused handshake does not say why: ask first whether the session still holds. */
  private async comeBack(): Promise<void> {
    const session = await this.ports.session();
    if (this.isStopped || this.socket) return;
    if (session === "gone") return this.ports.signedOut();
    this.start();
  }

  private tell(isFollowed: boolean): void {
    if (isFollowed !== this.isFollowed) {
      this.isFollowed = isFollowed;
      this.ports.followed(isFollowed);
    }
  }
}
