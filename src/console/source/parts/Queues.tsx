/** The waiting lines: how many wait, how long the first has waited, who could take the call. */

import { nowOn, queues } from "../live/state.ts";
import type { QueueCard } from "../live/board.ts";
import { words } from "../preferences.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { Empty, Panel } from "./Panel.tsx";
import { Caller, doubt, OnSwitch, Since } from "./text.tsx";

const SHOWN = 3;
const WARM = 0.5;
const HOT = 0.8;

export function Queues() {
  const say = words();
  const found = queues.value;
  const size = found.length <= 3 ? "large" : found.length <= 6 ? "medium" : "small";
  return (
    <Panel id="queues" title={say.queues}>
      {found.length === 0 && <Empty>{say.noQueues}</Empty>}
      <ul class={`queue-list ${size}`}>
        {found.map(({ key, card }) => (
          <Queue key={key} card={card} />
        ))}
      </ul>
    </Panel>
  );
}

function Queue({ card }: { card: QueueCard }) {
  const say = words();
  const count = card.waiting.length;
  const first = card.waiting.reduce<number | null>((least, { since }) => Math.min(least ?? since, since), null);
  const share = first === null ? 0 : Math.min(1, (nowOn(card.node) - first) / Math.max(1, card.late_after));
  const heat = share >= HOT ? "hot" : share >= WARM ? "warm" : count > 0 ? "calm" : "idle";
  const more = count - SHOWN;
  return (
    <li class={`queue ${heat} ${doubt(card.node)}`}>
      <h3>
        <bdi>{card.name}</bdi>
        {card.number && <span class="quiet">{card.number}</span>}
        <OnSwitch node={card.node} />
      </h3>
      <div class="figures">
        <p class="big">
          <strong>{count}</strong>
          <span>{say.waiting}</span>
        </p>
        <p class="big wait">
          <strong>
            {heat === "hot" && <Icon name="late" />}
            {first === null ? <span class="time">–</span> : <Since at={first} node={card.node} />}
          </strong>
          <span>{say.longestWait}</span>
        </p>
      </div>
      <div class="patience" aria-hidden="true">
        <div style={{ transform: `scaleX(${share.toFixed(3)})` }} />
      </div>
      <ol class="line">
        {card.waiting.slice(0, more === 1 ? SHOWN + 1 : SHOWN).map((waiting) => (
          <li key={waiting.call}>
            <span class="position">{waiting.position}</span>
            <Caller number={waiting.caller} name={waiting.caller_name} isBrief />
            <Since at={waiting.since} node={card.node} />
          </li>
        ))}
        {more > 1 && <li class="quiet">{say.more(more)}</li>}
        {count === 0 && <li class="quiet nobody">{say.nobodyWaits}</li>}
      </ol>
      <Crew card={card} />
    </li>
  );
}

function Crew({ card }: { card: QueueCard }) {
  const say = words();
  if (card.ready + card.busy + card.away === 0) {
    return (
      <p class="crew alone">
        <Icon name="late" />
        {say.nobodyReady}
      </p>
    );
  }
  return (
    <p class={`crew ${card.ready === 0 && card.waiting.length > 0 ? "short" : ""}`}>
      <Members icon="ready" state="ready" count={card.ready} label={say.crew.ready(card.ready)} />
      <Members icon="call" state="inbound_call" count={card.busy} label={say.crew.busy(card.busy)} />
      <Members icon="pause" state="pause" count={card.away} label={say.crew.away(card.away)} />
    </p>
  );
}

function Members({ icon, state, count, label }: { icon: IconName; state: string; count: number; label: string }) {
  return (
    <span class={`members ${state} ${count === 0 ? "none" : ""}`}>
      <Icon name={icon} />
      <b>{count}</b>
      {label}
    </span>
  );
}
