/** Whether a call is the one that somebody looks for. Pure. */

import type { CallCard } from "./board.ts";

/** Any of its names holds the words, whatever their case and accents, or any of its numbers the digits. */
export function isLike(card: CallCard, wanted: string): boolean {
  const words = plain(wanted);
  if (words === "") return true;
  const names = [card.caller_name, card.did, card.place, card.agent, ...card.offered_to, ...card.parties.map(({ name }) => name)];
  if (names.some((name) => plain(name).includes(words))) return true;
  const digits = wanted.replace(/\D/g, "");
  const numbers = [card.caller, card.dialled, ...card.parties.map(({ number }) => number)];
  return digits !== "" && /^[\d\s+.()/-]+$/.test(wanted) && numbers.some((number) => number.includes(digits.replace(/^0(?=\d{9}$)/, "")));
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").trim().toLowerCase();
}
