/** What may be asked for an agent, in a dialog that follows what the agent is doing meanwhile. */

import { signal } from "@preact/signals";
import { useRef, useState } from "preact/hooks";
import { agents, company } from "../live/state.ts";
import type { AgentCard, PauseCard } from "../live/board.ts";
import { language, words } from "../preferences.ts";
import { mayOversee, server, type AgentDeed, type Session } from "../server.ts";
import { Sheet, useAsking } from "./Sheet.tsx";

/** The key of the agent whose dialog is open. */
export const chosen = signal<string | null>(null);

const IN_CALL: readonly AgentCard["state"][] = ["ringing", "inbound_call", "outbound_call"];
const AWAY: readonly AgentCard["state"][] = ["pause", "withdrawn", "wrap_up"];
const MINUTE = 60;

/** May this visitor ask something for this agent? */
export function mayAsk(session: Session, card: AgentCard): boolean {
  return mayOversee(session) || session.person === card.id;
}

/** What people call a reason of a pause, in the language of the page. */
export function reasonName(id: string): string {
  const say = words();
  const known = company.value?.pauses.find((reason) => reason.id === id);
  return known === undefined ? (say.reasons[id] ?? id) : nameOf(known);
}

function nameOf(reason: PauseCard): string {
  return reason.names[language.value] ?? reason.names[company.value?.language ?? ""] ?? reason.id;
}

export function Deeds({ session }: { session: Session }) {
  const found = agents.value.find(({ key }) => key === chosen.value);
  if (found === undefined) return null;
  return <About key={found.key} card={found.card} isOwn={session.person === found.card.id} />;
}

function About({ card, isOwn }: { card: AgentCard; isOwn: boolean }) {
  const say = words();
  const [because, setBecause] = useState("");
  const why = useRef<HTMLInputElement>(null);
  const [isLater, setLater] = useState(false);
  const close = () => {
    chosen.value = null;
  };
  const asking = useAsking(say.deeds.noted, close);
  const { isAsking } = asking;
  const ask = (deed: AgentDeed, body: object) => asking.ask(server.agent(company.value?.id ?? "", card.id, deed, body));
  // Who asks for somebody else says why: the browser tells him so where it is missing.
  const decide = (deed: AgentDeed, body: object) => {
    if (isOwn) void ask(deed, body);
    else if (why.current?.reportValidity()) void ask(deed, { ...body, because });
  };
  const isBusy = IN_CALL.includes(card.state) || card.state === "wrap_up";
  const reasons = (kind: PauseCard["kind"], deed: AgentDeed, title: string) => {
    const known = (company.value?.pauses ?? []).filter((reason) => reason.kind === kind);
    if (known.length === 0) return null;
    return (
      <fieldset disabled={isAsking}>
        <legend>{title}</legend>
        {known.map((reason) => (
          <button
            key={reason.id}
            type="button"
            onClick={() => decide(deed, { reason: reason.id, after_call: isBusy && isLater })}
          >
            {nameOf(reason)}
          </button>
        ))}
      </fieldset>
    );
  };
  return (
    <Sheet
      title={
        <>
          <bdi>{card.name}</bdi>
          <span class="quiet"> {say.states[card.state]}</span>
        </>
      }
      answer={asking.answer}
      onClose={close}
    >
      {card.state === "logged_out" ? (
        <fieldset disabled={isAsking}>
          <button type="button" onClick={() => void ask("login", {})}>
            {say.deeds.login}
          </button>
        </fieldset>
      ) : (
        <>
          {!isOwn && (
            <label class="because">
              {say.deeds.because}
              <input
                ref={why}
                required
                pattern=".*\S.*"
                maxLength={200}
                value={because}
                onInput={(event) => setBecause(event.currentTarget.value)}
              />
            </label>
          )}
          <fieldset disabled={isAsking}>
            {(AWAY.includes(card.state) || card.next !== "" || card.state === "unreachable") && (
              <button type="button" onClick={() => decide("ready", {})}>
                {say.deeds.ready}
              </button>
            )}
            {card.state === "wrap_up" && (
              <button type="button" onClick={() => void ask("extend", { seconds: MINUTE })}>
                {say.deeds.extend}
              </button>
            )}
            <button type="button" onClick={() => decide("logout", {})}>
              {say.deeds.logout}
            </button>
          </fieldset>
          {isBusy && (
            <label class="tick">
              <input type="checkbox" checked={isLater} onChange={(event) => setLater(event.currentTarget.checked)} />
              {say.deeds.afterCall}
            </label>
          )}
          {reasons("pause", "pause", say.deeds.pause)}
          {reasons("withdrawn", "withdraw", say.deeds.withdraw)}
        </>
      )}
    </Sheet>
  );
}
