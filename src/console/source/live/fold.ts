/** Puts messages together to the board that the server has; says when one is missing. Pure. */

import type { Card, Message } from "./board.ts";

export interface Board {
  readonly revision: number;
  readonly cards: ReadonlyMap<string, Card>;
}

/** The board after a message, or "gap" when the message does not follow on what is known. */
export function follow(board: Board | null, message: Message): Board | "gap" {
  switch (message.kind) {
    case "board":
      return { revision: message.revision, cards: new Map(Object.entries(message.cards)) };
    case "beat":
      return board?.revision === message.revision ? board : "gap";
    case "changes": {
      if (board?.revision !== message.from) return "gap";
      const cards = new Map(board.cards);
      for (const [key, card] of Object.entries(message.cards)) {
        if (card === null) cards.delete(key);
        else cards.set(key, card);
      }
      return { revision: message.to, cards };
    }
  }
}

/** A message as it came off the wire; null when it is none of ours. */
export function parse(text: unknown): Message | null {
  if (typeof text !== "string") return null;
  try {
    const message = JSON.parse(text) as Message;
    return ["board", "changes", "beat"].includes(message.kind) ? message : null;
  } catch {
    return null;
  }
}
