/** What may be asked for an agent, in a dialog that follows what the agent is doing meanwhile. */

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { agents, company } from "../live/state.ts";
import type { AgentCard, PauseCard } from "../live/board.ts";
import { language, words } from "../preferences.ts";
import { server, type Deed, type Session } from "../server.ts";

/** The key of the agent whose dialog is open. */
export const chosen = signal<string | null>(null);

const IN_CALL: readonly AgentCard["state"][] = ["ringing", "inbound_call", "outbound_call"];
const AWAY: readonly AgentCard["state"][] = ["pause", "withdrawn", "wrap_up"];
const MINUTE = 60;

/** May this visitor ask something for this agent? */
export function mayAsk(session: Session, card: AgentCard): boolean {
  return session.role === "supervisor" || session.role === "administrator" || session.person === card.id;
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
  return <Sheet key={found.key} card={found.card} isOwn={session.person === found.card.id} />;
}

function Sheet({ card, isOwn }: { card: AgentCard; isOwn: boolean }) {
  const say = words();
  const dialog = useRef<HTMLDialogElement>(null);
  const [because, setBecause] = useState("");
  const [isLater, setLater] = useState(false);
  const [answer, setAnswer] = useState("");
  const [isAsking, setAsking] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => {
    chosen.value = null;
  };
  const ask = async (deed: Deed, body: object) => {
    setAsking(true);
    setAnswer("");
    const told = await server.agent(company.value?.id ?? "", card.id, deed, body);
    setAsking(false);
    if (!told.ok) setAnswer(told.problem.detail ?? say.unreachable);
    else if (told.value.outcome === "done") close();
    else setAnswer(say.deeds.noted);
  };
  const said = isOwn || because === "" ? {} : { because };
  const isBusy = IN_CALL.includes(card.state) || card.state === "wrap_up";
  const reasons = (kind: PauseCard["kind"], deed: Deed, title: string) => {
    const known = (company.value?.pauses ?? []).filter((reason) => reason.kind === kind);
    if (known.length === 0) return null;
    return (
      <fieldset disabled={isAsking}>
        <legend>{title}</legend>
        {known.map((reason) => (
          <button
            key={reason.id}
            type="button"
            onClick={() => void ask(deed, { reason: reason.id, after_call: isBusy && isLater, ...said })}
          >
            {nameOf(reason)}
          </button>
        ))}
      </fieldset>
    );
  };
  return (
    <dialog class="deeds" ref={dialog} onClose={close} aria-labelledby="deeds-title">
      <h2 id="deeds-title">
        <bdi>{card.name}</bdi>
        <span class="quiet"> {say.states[card.state]}</span>
      </h2>
      {card.state === "logged_out" ? (
        <fieldset disabled={isAsking}>
          <button type="button" onClick={() => void ask("login", {})}>
            {say.deeds.login}
          </button>
        </fieldset>
      ) : (
        <>
          <fieldset disabled={isAsking}>
            {(AWAY.includes(card.state) || card.next !== "" || card.state === "unreachable") && (
              <button type="button" onClick={() => void ask("ready", said)}>
                {say.deeds.ready}
              </button>
            )}
            {card.state === "wrap_up" && (
              <button type="button" onClick={() => void ask("extend", { seconds: MINUTE })}>
                {say.deeds.extend}
              </button>
            )}
            <button type="button" onClick={() => void ask("logout", said)}>
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
          {!isOwn && (
            <label class="because">
              {say.deeds.because}
              <input maxLength={200} value={because} onInput={(event) => setBecause(event.currentTarget.value)} />
            </label>
          )}
        </>
      )}
      <p role="alert">{answer}</p>
      <button type="button" class="close" onClick={() => dialog.current?.close()}>
        {say.deeds.close}
      </button>
    </dialog>
  );
}
