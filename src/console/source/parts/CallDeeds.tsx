/** Everybody in a call and what may be asked for it, in a dialog that follows the call. */

import { signal } from "@preact/signals";
import { useRef, useState } from "preact/hooks";
import { agents, calls, company, queues } from "../live/state.ts";
import type { CallCard } from "../live/board.ts";
import { words } from "../preferences.ts";
import { mayOversee, server, type CallDeed, type Done, type Session } from "../server.ts";
import { People, where } from "./people.tsx";
import { Sheet, useAsking } from "./Sheet.tsx";
import { Party, Since } from "./text.tsx";

/** The key of the call whose dialog is open. */
export const chosenCall = signal<string | null>(null);

const TOGETHER: readonly CallCard["stage"][] = ["talking", "held"];
/** A received call is sent elsewhere wherever it is. */
const SENDABLE: readonly CallCard["stage"][] = [...TOGETHER, "entering", "menu", "routing", "waiting", "ringing", "message", "voicemail", "parked"];
const HIGHEST_PRIORITY = 100;

/** May this visitor ask something for this call? */
function mayAsk(session: Session, card: CallCard): boolean {
  if (card.is_stray) return false;
  return mayOversee(session) || (session.person !== null && card.parties.some(({ id }) => id === session.person));
}

export function CallDeeds({ session }: { session: Session }) {
  const key = chosenCall.value;
  if (key === null) return null;
  return <About key={key} id={key.replace(/^call\//, "")} card={calls.value.find((each) => each.key === key)?.card} session={session} />;
}

interface Props {
  id: string;
  session: Session;
}

/** `card`: undefined once the call is over; then it is shown as it was last. */
function About({ id, card, session }: Props & { card: CallCard | undefined }) {
  const say = words();
  const last = useRef<CallCard | undefined>(card);
  if (card !== undefined) last.current = card;
  const close = () => {
    chosenCall.value = null;
  };
  const asking = useAsking(say.deeds.notSeen, close);
  const known = last.current;
  if (known === undefined) return null;
  const ask = (deed: CallDeed, body: object = {}, toSay?: (done: Done) => string) =>
    void asking.ask(server.call(company.value?.id ?? "", id, deed, body), toSay);
  return (
    <Sheet
      title={
        <>
          <People card={known} />
          <span class="quiet">
            {say.directions[known.direction]} · {card === undefined ? say.callDeeds.over : where(known)}
          </span>
        </>
      }
      answer={asking.answer}
      onClose={close}
    >
      {card !== undefined && <Parties card={card} />}
      {card !== undefined && mayAsk(session, card) && (
        <fieldset class="all" disabled={asking.isAsking}>
          <Deeds card={card} session={session} ask={ask} />
        </fieldset>
      )}
    </Sheet>
  );
}

function Parties({ card }: { card: CallCard }) {
  const say = words();
  return (
    <ul class="parties">
      {card.parties.map((party, place) => (
        <li key={place}>
          <Party party={party} />
          <span class="quiet">
            {say.doings[party.doing]}
            {party.trunk && ` · ${say.byTrunk(party.trunk)}`}
          </span>
          <Since at={party.since} node={card.node} />
        </li>
      ))}
      {card.more > 0 && <li class="quiet">{say.more(card.more)}</li>}
      {card.spied_by.length > 0 && <li class="quiet">{say.heardBy(card.spied_by.filter(Boolean).join(", "))}</li>}
    </ul>
  );
}

interface DeedsProps {
  card: CallCard;
  session: Session;
  ask(deed: CallDeed, body?: object, toSay?: (done: Done) => string): void;
}

function Deeds({ card, session, ask }: DeedsProps) {
  const say = words().callDeeds;
  const isTogether = TOGETHER.includes(card.stage);
  return (
    <>
      {card.position !== null && <Waiting card={card} ask={ask} />}
      {(isTogether || (card.is_received && SENDABLE.includes(card.stage))) && (
        <Sending mayAskFirst={card.stage === "talking"} ask={ask} />
      )}
      {card.stage === "parked" && <Fetching session={session} ask={ask} />}
      <div class="acts">
        {card.stage === "held" && card.parties.length > 2 && (
          <>
            <button type="button" onClick={() => ask("complete")}>
              {say.complete}
            </button>
            <button type="button" onClick={() => ask("cancel")}>
              {say.cancel}
            </button>
          </>
        )}
        {card.stage === "talking" && card.parties.length === 2 && (
          <button type="button" onClick={() => ask("park", {}, ({ dial }) => (dial ? say.parked(dial) : ""))}>
            {say.park}
          </button>
        )}
        {card.stage !== "conference" && <HangUp ask={ask} />}
      </div>
    </>
  );
}

type Asks = Pick<DeedsProps, "ask">;

/** Nobody ends a call by one slip. */
function HangUp({ ask }: Asks) {
  const say = words().callDeeds;
  const [isMeant, setMeant] = useState(false);
  return isMeant ? (
    <button type="button" class="harm" onClick={() => ask("hangup")}>
      {say.isSure}
    </button>
  ) : (
    <button type="button" onClick={() => setMeant(true)}>
      {say.hangUp}
    </button>
  );
}

function Sending({ mayAskFirst, ask }: Asks & { mayAskFirst: boolean }) {
  const say = words();
  const [place, setPlace] = useState("");
  const [number, setNumber] = useState("");
  const to = place || number.replace(/[\s.()/-]/g, "");
  return (
    <div class="deed">
      <label class="wide">
        {say.callDeeds.send}
        <select value={place} onChange={(event) => setPlace(event.currentTarget.value)}>
          <option value="">{say.callDeeds.another}</option>
          <optgroup label={say.queues}>
            {queues.value.map(({ key, card: { id, name } }) => (
              <option key={key} value={`queue:${id}`}>
                {name}
              </option>
            ))}
          </optgroup>
          <optgroup label={say.agents}>
            {agents.value.map(({ key, card: { id, name } }) => (
              <option key={key} value={`person:${id}`}>
                {name}
              </option>
            ))}
          </optgroup>
        </select>
      </label>
      {place === "" && (
        <input
          inputMode="tel"
          aria-label={say.callDeeds.number}
          placeholder={say.callDeeds.number}
          value={number}
          onInput={(event) => setNumber(event.currentTarget.value)}
        />
      )}
      <button type="button" disabled={to === ""} onClick={() => ask("transfer", { to })}>
        {say.callDeeds.transfer}
      </button>
      {mayAskFirst && (
        <button type="button" disabled={to === ""} onClick={() => ask("transfer", { to, attended: true })}>
          {say.callDeeds.askFirst}
        </button>
      )}
    </div>
  );
}

function Fetching({ session, ask }: Asks & { session: Session }) {
  const say = words().callDeeds;
  const there = agents.value.filter(({ card }) => mayOversee(session) || card.id === session.person);
  const [person, setPerson] = useState("");
  const who = person || there[0]?.card.id;
  if (who === undefined) return null;
  return (
    <div class="deed">
      <label>
        {say.fetch}
        <select value={who} onChange={(event) => setPerson(event.currentTarget.value)}>
          {there.map(({ key, card: { id, name } }) => (
            <option key={key} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button type="button" onClick={() => ask("fetch", { person: who })}>
        {say.ring}
      </button>
    </div>
  );
}

function Waiting({ card, ask }: Asks & { card: CallCard }) {
  const say = words().callDeeds;
  const others = queues.value.filter(({ card: { name } }) => name !== card.place);
  const [queue, setQueue] = useState("");
  const [priority, setPriority] = useState("");
  const there = queue || others[0]?.card.id;
  const level = Number(priority);
  const isLevel = /^\d+$/.test(priority) && level <= HIGHEST_PRIORITY;
  return (
    <>
      {there !== undefined && (
        <div class="deed">
          <label>
            {say.wait}
            <select value={there} onChange={(event) => setQueue(event.currentTarget.value)}>
              {others.map(({ key, card: { id, name } }) => (
                <option key={key} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <button type="button" onClick={() => ask("move", { queue: there })}>
            {say.move}
          </button>
        </div>
      )}
      <div class="deed">
        <label>
          {say.priority}
          <input
            inputMode="numeric"
            placeholder={`0–${HIGHEST_PRIORITY}`}
            value={priority}
            onInput={(event) => setPriority(event.currentTarget.value)}
          />
        </label>
        <button type="button" disabled={!isLevel} onClick={() => ask("prioritise", { priority: level })}>
          {say.set}
        </button>
        <button type="button" onClick={() => ask("withdraw")}>
          {say.withdraw}
        </button>
      </div>
    </>
  );
}
