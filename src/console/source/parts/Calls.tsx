/** The calls in progress: who, where, since when. */

import { calls } from "../live/state.ts";
import type { CallCard, Stage } from "../live/board.ts";
import { words } from "../preferences.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { Empty, Panel } from "./Panel.tsx";
import { Caller, Since } from "./text.tsx";

const ICONS: Record<Stage, IconName> = {
  entering: "entering",
  menu: "menu",
  routing: "routing",
  waiting: "waiting",
  ringing: "ringing",
  talking: "call",
  held: "held",
  voicemail: "voicemail",
  message: "message",
};

export function Calls() {
  const say = words();
  const found = calls.value;
  return (
    <Panel id="calls" title={say.calls} count={found.length}>
      {found.length === 0 ? (
        <Empty>{say.noCalls}</Empty>
      ) : (
        <ul class="rows" tabIndex={0} aria-labelledby="calls-title">
          {found.map(({ key, card }) => (
            <Call key={key} card={card} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Call({ card }: { card: CallCard }) {
  const say = words();
  return (
    <li class={`call ${card.stage}`} data-stage={card.stage}>
      <Icon name={ICONS[card.stage]} />
      <Caller number={card.caller} name={card.caller_name} isBrief />
      <span class="where">
        <bdi>{where(card)}</bdi>
        {card.stage === "waiting" && card.position !== null && <span class="quiet"> {say.place(card.position)}</span>}
      </span>
      <Since at={card.since} />
    </li>
  );
}

function where(card: CallCard): string {
  const { where: say } = words();
  switch (card.stage) {
    case "menu":
    case "routing":
    case "waiting":
      return say[card.stage](card.place);
    case "ringing":
      return say.ringing(card.offered_to.join(", "));
    case "talking":
    case "held":
      return say[card.stage](card.agent);
    default:
      return say[card.stage]();
  }
}
