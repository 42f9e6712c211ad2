/** How the last calls ended: the outcome, the wait, the talk, who, and why that one. */

import { company, last } from "../live/state.ts";
import type { OutcomeCard } from "../live/board.ts";
import { timeOfDay } from "../format.ts";
import { language, words } from "../preferences.ts";
import { Icon } from "./Icon.tsx";
import { Empty, Panel } from "./Panel.tsx";
import { Caller, Seconds } from "./text.tsx";
import { inFull, inShort } from "./why.ts";

export function Last() {
  const say = words();
  const found = last.value?.calls ?? [];
  return (
    <Panel id="last" title={say.last} isLive={false}>
      {found.length === 0 ? (
        <Empty>{say.noOutcomes}</Empty>
      ) : (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="last-title">
          <table>
            <colgroup>
              <col class="outcome" />
              <col />
              <col class="seconds" />
              <col class="seconds" />
            </colgroup>
            <thead>
              <tr>
                <th scope="col" colSpan={2}>
                  <span class="unseen">{say.last}</span>
                </th>
                <th scope="col">{say.wait}</th>
                <th scope="col">{say.talk}</th>
              </tr>
            </thead>
            {found.map((card) => (
              <Ended key={card.call} card={card} />
            ))}
          </table>
        </div>
      )}
    </Panel>
  );
}

function Ended({ card }: { card: OutcomeCard }) {
  const say = words();
  const zone = company.value?.time_zone ?? "UTC";
  return (
    <tbody class={card.outcome}>
      <tr>
        <th scope="rowgroup">
          <Icon name={card.outcome} />
          {say.outcomes[card.outcome]}
        </th>
        <td>
          <Caller number={card.caller} name={card.caller_name} />
        </td>
        <td class="seconds">
          <Seconds value={card.queue ? card.waited : null} />
        </td>
        <td class="seconds">
          <Seconds value={card.talked > 0 ? card.talked : null} />
        </td>
      </tr>
      <tr class="quiet">
        <td class="ended">{timeOfDay(card.ended, language.value, zone)}</td>
        <td class="reason" colSpan={3} title={card.why ? inFull(card.why, say) : ""}>
          <bdi>{reason(card)}</bdi>
        </td>
      </tr>
    </tbody>
  );
}

function reason(card: OutcomeCard): string {
  const say = words();
  if (card.outcome === "handled") {
    return [card.agent || card.place, card.why && inShort(card.why, say), card.queue].filter(Boolean).join(" · ");
  }
  const detail = say.details[card.detail]?.(card.place);
  const place = detail?.includes(card.place) ? "" : card.place || card.queue;
  return [detail, place].filter(Boolean).join(" · ") || card.did;
}
