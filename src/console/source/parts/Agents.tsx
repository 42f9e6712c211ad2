/** The agents in four groups, each with the state, how long it has lasted, and what it is about. */

import { agents, counterparts, groups, nowOn, type Group } from "../live/state.ts";
import type { AgentCard } from "../live/board.ts";
import { duration, telephone } from "../format.ts";
import { numbers, words } from "../preferences.ts";
import type { Session } from "../server.ts";
import { chosen, Deeds, mayAsk, reasonName } from "./Deeds.tsx";
import { Icon, type IconName } from "./Icon.tsx";
import { Empty, Panel } from "./Panel.tsx";
import { doubt, OnSwitch, Since } from "./text.tsx";

const COLUMNS: readonly { group: Group; icon: IconName }[] = [
  { group: "ready", icon: "ready" },
  { group: "busy", icon: "call" },
  { group: "away", icon: "pause" },
  { group: "out", icon: "logged_out" },
];

const ICONS: Record<AgentCard["state"], IconName> = {
  ready: "ready",
  ringing: "ringing",
  inbound_call: "call",
  outbound_call: "outbound",
  wrap_up: "wrap_up",
  pause: "pause",
  withdrawn: "pause",
  unreachable: "unreachable",
  logged_out: "logged_out",
};

/** More agents than this in a group, and each has one line instead of two. */
const ROOMY = 4;

export function Agents({ session }: { session: Session }) {
  const say = words();
  return (
    <Panel id="agents" title={say.agents}>
      {agents.value.length === 0 ? (
        <Empty>{say.noAgents}</Empty>
      ) : (
        <div class="columns" tabIndex={0} role="group" aria-labelledby="agents-title">
          {COLUMNS.map((column) => (
            <Column key={column.group} session={session} {...column} />
          ))}
        </div>
      )}
      <Deeds session={session} />
    </Panel>
  );
}

function Column({ session, group, icon }: { session: Session; group: Group; icon: IconName }) {
  const say = words();
  const found = groups.value[group];
  return (
    <section class={`column ${group} ${found.length > ROOMY ? "dense" : ""}`}>
      <h3>
        <Icon name={icon} />
        <span>{say.groups[group]}</span>
        <span class="count">{found.length}</span>
      </h3>
      <ul>
        {found.map(({ key, card }) => (
          <Agent key={key} id={key} card={card} isOpen={mayAsk(session, card)} />
        ))}
        {found.length === 0 && <li class="quiet nobody">{say.nobody}</li>}
      </ul>
    </section>
  );
}

interface AgentProps {
  id: string;
  card: AgentCard;
  /** May something be asked for him? */
  isOpen: boolean;
}

function Agent({ id, card, isOpen }: AgentProps) {
  const detail = about(card);
  return (
    <li class={`agent ${card.state} ${doubt(card.node)}`}>
      <Icon name={ICONS[card.state]} />
      {isOpen ? (
        <button type="button" class="who" aria-haspopup="dialog" onClick={() => (chosen.value = id)}>
          <bdi>{card.name}</bdi>
        </button>
      ) : (
        <bdi class="who">{card.name}</bdi>
      )}
      <Since at={card.since} node={card.node} />
      <span class="what">
        {words().states[card.state]}
        {detail && <bdi class="detail"> · {detail}</bdi>} <OnSwitch node={card.node} />
      </span>
    </li>
  );
}

function about(card: AgentCard): string {
  const say = words();
  const next = card.next && say.then(reasonName(card.next));
  return [aboutNow(card), next].filter(Boolean).join(" · ");
}

function aboutNow(card: AgentCard): string {
  const say = words();
  if (card.state === "pause" || card.state === "withdrawn") return reasonName(card.reason);
  if (card.state === "wrap_up" && card.until !== null) {
    return say.wrapUpLeft(duration(Math.max(0, card.until - nowOn(card.node)), say.day));
  }
  if (card.queue) return card.queue;
  const other = card.state === "outbound_call" ? counterparts.value.get(card.id) : undefined;
  const isHidden = numbers.value === "hidden";
  if (other?.name && !(other.is_outside && isHidden)) return other.name;
  const number = other?.number ?? card.caller;
  return isHidden || !/\d/.test(number) ? "" : telephone(number);
}
