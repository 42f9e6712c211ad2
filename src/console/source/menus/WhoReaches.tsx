/** Every way of callers to a queue, person, phone, mailbox, message or conference; each can be made as a call. */

import { useState } from "preact/hooks";
import { onTheClock } from "../deploy/moments.ts";
import { telephone } from "../format.ts";
import { PHONE } from "./Phone.tsx";
import type { Way } from "./tried.ts";
import { choices, isReaching, isTrying, play, reach, ways } from "./trying.ts";
import { placeOf, tryWords } from "./try-words.ts";

export function WhoReaches() {
  const say = tryWords();
  const [chosen, setChosen] = useState(0);
  const places = choices.value?.places ?? [];
  const found = ways.value;
  return (
    <details class="reaches">
      <summary>{say.reaches}</summary>
      <form
        class="acts"
        onSubmit={(event) => {
          event.preventDefault();
          const place = places[chosen];
          if (place) void reach(place);
        }}
      >
        <label>
          <span>{say.place}</span>{" "}
          <select value={String(chosen)} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
            {places.map((place, number) => (
              <option key={`${place.kind} ${place.id}`} value={String(number)}>
                {placeOf(place)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" disabled={isReaching.value || places.length === 0}>
          {say.look}
        </button>
      </form>
      <p role="status">{isReaching.value ? say.looking : found === null ? "" : said(found.count, found.ways.length, found.is_whole)}</p>
      {found !== null && (
        <ol class="ways" aria-busy={isReaching.value}>
          {found.ways.map((way, place) => (
            <WaySign key={place} id={`way-${place}`} way={way} />
          ))}
        </ol>
      )}
    </details>
  );
}

function said(count: number, shown: number, isWhole: boolean): string {
  const say = tryWords();
  return [say.found(count, shown), isWhole ? "" : say.notWhole].filter(Boolean).join(" ");
}

function WaySign({ id, way }: { id: string; way: Way }) {
  const say = tryWords();
  const from = way.from === null ? [] : [`${say.caller} ${telephone(way.from)}`];
  const answers = Object.entries(way.answers).map(([step, answer]) => `${step}: ${answer}`);
  const press = way.press === "" ? say.noPress : `${say.press} ${way.press}`;
  return (
    <li>
      <p id={id}>
        <bdi>{[telephone(way.to), onTheClock(way.at), ...from, press, ...answers].join(" · ")}</bdi>
      </p>
      <p class="quiet">
        <bdi>{[placeOf(way.end), ...way.after.map(({ how, source, seconds, to }) => `${say.onward[how]!(source, seconds)} → ${placeOf(to)}`)].join(" → ")}</bdi>
      </p>
      <button
        type="button"
        class="plain"
        aria-describedby={id}
        disabled={isTrying.value}
        onClick={() => {
          play(way);
          document.getElementById(PHONE)?.focus();
        }}
      >
        {say.play}
      </button>
    </li>
  );
}
