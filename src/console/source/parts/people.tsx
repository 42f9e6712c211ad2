/** A call in a few words: who calls whom, and where it stands. */

import type { CallCard } from "../live/board.ts";
import { words } from "../preferences.ts";
import { Caller, Party } from "./text.tsx";

/** Who calls whom; of a received call, and of a conference, the caller alone: with whom he is, is told beside. */
export function People({ card }: { card: CallCard }) {
  const [first, second, third] = card.parties;
  if (card.direction === "inbound" || first === undefined) return <Caller number={card.caller} name={card.caller_name} isBrief />;
  const others = card.parties.length - (second === undefined ? 1 : 2) + card.more;
  return (
    <span class="caller">
      <Party party={first} />
      {card.direction !== "spying" && card.stage !== "conference" && (
        <>
          <span class="quiet">→</span>
          {second === undefined ? <Caller number={card.dialled} name="" isBrief /> : <Party party={second} />}
        </>
      )}
      {(third !== undefined || card.stage === "conference") && others > 0 && <span class="quiet more">+{others}</span>}
    </span>
  );
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
      return say.held(card.agent || (card.parties.find(({ doing }) => doing === "holding")?.name ?? ""));
    default:
      return say[card.stage]();
  }
}
