/** A call in a few words: who calls whom, and where it stands. */

import type { CallCard } from "../live/board.ts";
import { calls } from "../live/state.ts";
import { words } from "../preferences.ts";
import { Caller, Party } from "./text.tsx";

/** Who calls whom; of a received call and of a conference the caller alone: with whom he is, is told beside. */
export function People({ card }: { card: CallCard }) {
  const [first, second] = card.parties;
  if (card.is_received || first === undefined) return <Caller number={card.caller} name={card.caller_name} isBrief />;
  const isPair = isOfTwo(card);
  const others = card.parties.length + card.more - (isPair && second !== undefined ? 2 : 1);
  return (
    <span class="caller">
      <Party party={first} />
      {isPair && (
        <>
          <span class="quiet">→</span>
          {second === undefined ? <Caller number={card.dialled} name="" isBrief /> : <Party party={second} />}
        </>
      )}
      {others > 0 && <span class="quiet more">+{others}</span>}
    </span>
  );
}

/** Is it told by who calls whom? Who waits alone after he met somebody calls nobody any more. */
function isOfTwo({ direction, stage, parties, dialled }: CallCard): boolean {
  if (direction === "spying" || stage === "conference") return false;
  return parties.length > 1 || (/\d/.test(dialled) && stage !== "parked" && stage !== "alone");
}

/** Whom of ours somebody listens to. */
function spiedOn(card: CallCard): string {
  const spied = calls.value.find(({ key }) => key === `call/${card.spies_on}`);
  return spied?.card.parties.find(({ is_outside }) => !is_outside)?.name ?? "";
}

export function where(card: CallCard): string {
  const { where: say } = words();
  switch (card.stage) {
    case "menu":
    case "routing":
    case "waiting":
    case "parked":
    case "conference":
      return say[card.stage](card.place);
    case "ringing":
      return say.ringing(card.offered_to.join(", "));
    case "talking":
      return say.talking(card.agent);
    case "held":
      return say.held(card.agent);
    case "spying":
      return say.spying(spiedOn(card));
    default:
      return say[card.stage]();
  }
}
