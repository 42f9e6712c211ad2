/** The calls in progress: who with whom, what they do, since when. */

import { signal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { isLike } from "../live/find.ts";
import { calls } from "../live/state.ts";
import type { CallCard, Direction } from "../live/board.ts";
import { words } from "../preferences.ts";
import type { Session } from "../server.ts";
import { CallDeeds, chosenCall } from "./CallDeeds.tsx";
import { People, where } from "./people.tsx";
import { Icon, type IconName } from "./Icon.tsx";
import { Empty, Panel } from "./Panel.tsx";
import { doubt, OnSwitch, Since } from "./text.tsx";

const ICONS: Record<CallCard["stage"], IconName> = {
  entering: "entering",
  menu: "menu",
  routing: "routing",
  waiting: "waiting",
  ringing: "ringing",
  calling: "ringing",
  connecting: "routing",
  program: "menu",
  talking: "call",
  held: "held",
  holding: "held",
  alone: "late",
  parked: "parked",
  conference: "conference",
  spying: "spied",
  voicemail: "voicemail",
  message: "message",
};

const WAYS: Record<Direction, IconName> = {
  inbound: "inbound",
  outbound: "out",
  internal: "internal",
  originated: "click",
  spying: "spied",
};

/** More calls than this, and one may be looked for. */
const MANY = 10;

const wanted = signal("");
/** The key of the call that the keyboard reached last. */
const reached = signal("");

export function Calls({ session }: { session: Session }) {
  const say = words();
  const all = calls.value;
  const isSought = all.length > MANY || wanted.value !== "";
  const found = isSought ? all.filter(({ card }) => isLike(card, wanted.value)) : all;
  const stop = found.some(({ key }) => key === reached.value) ? reached.value : found[0]?.key;
  return (
    <Panel id="calls" title={say.calls} count={all.length}>
      {isSought && (
        <input
          class="find"
          type="search"
          aria-label={say.findCall}
          placeholder={say.findCall}
          value={wanted.value}
          onInput={(event) => (wanted.value = event.currentTarget.value)}
        />
      )}
      {found.length === 0 ? (
        <Empty>{all.length === 0 ? say.noCalls : say.noSuchCall}</Empty>
      ) : (
        <ul class="rows" aria-labelledby="calls-title" onKeyDown={walk}>
          {found.map(({ key, card }) => (
            <Call key={key} id={key} card={card} isStop={key === stop} />
          ))}
        </ul>
      )}
      <CallDeeds session={session} />
    </Panel>
  );
}

/** Arrows go from call to call: however many there are, they are one stop of the tabulator. */
function walk(event: TargetedKeyboardEvent<HTMLUListElement>): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const rows = [...event.currentTarget.querySelectorAll("button")];
  const next = step === 0 ? undefined : rows[rows.findIndex((row) => row === document.activeElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

interface CallProps {
  id: string;
  card: CallCard;
  /** Does the tabulator stop here? */
  isStop: boolean;
}

function Call({ id, card, isStop }: CallProps) {
  const say = words();
  return (
    <li class={`call ${card.stage} ${doubt(card.node)}`} data-stage={card.stage} data-way={card.direction}>
      <Icon name={ICONS[card.stage]} />
      <button
        type="button"
        class="who"
        aria-haspopup="dialog"
        tabIndex={isStop ? 0 : -1}
        onFocus={() => (reached.value = id)}
        onClick={() => (chosenCall.value = id)}
      >
        <span class="way" role="img" aria-label={say.directions[card.direction]} title={say.directions[card.direction]}>
          <Icon name={WAYS[card.direction]} />
        </span>
        <People card={card} />
      </button>
      <span class="where">
        <bdi>{where(card)}</bdi>
        {card.stage === "waiting" && card.position !== null && <span class="quiet">{say.place(card.position)}</span>}
        <Marks card={card} />
        <OnSwitch node={card.node} />
      </span>
      <Since at={card.since} node={card.node} />
    </li>
  );
}

function Marks({ card }: { card: CallCard }) {
  const say = words();
  const marks: [IconName, string][] = [];
  if (card.spied_by.length > 0) marks.push(["spied", say.heardBy(card.spied_by.filter(Boolean).join(", "))]);
  if (card.is_recorded) marks.push(["recorded", say.isRecorded]);
  if (card.is_stray) marks.push(["late", say.isStray]);
  return (
    <>
      {marks.map(([icon, text]) => (
        <span key={icon} class={`flag ${icon}`} role="img" aria-label={text} title={text}>
          <Icon name={icon} />
        </span>
      ))}
    </>
  );
}
