/** What a call is tried with: the menus, the number, the caller, the moment, who is ready, and a plan of the caller. */

import { telephone } from "../format.ts";
import { PHONE } from "./Phone.tsx";
import { edited, overview } from "./state.ts";
import { begin, choices, choose, isTrying, tried, which, wish, type Which } from "./trying.ts";
import { tryWords } from "./try-words.ts";
import { VersionOptions } from "./VersionOptions.tsx";

export function TryForm() {
  const say = tryWords();
  const { to, caller, at, plan } = wish.value;
  const zone = overview.value?.time_zone ?? "";
  return (
    <form
      class="wish"
      aria-label={say.title}
      onSubmit={(event) => {
        event.preventDefault();
        void begin();
        document.getElementById(PHONE)?.focus();
      }}
    >
      <MenusChoice />
      <label>
        <span>{say.to}</span>
        <select value={to} required onChange={(event) => choose({ to: event.currentTarget.value })}>
          {choices.value?.dids.length === 0 && <option value="">{say.noNumbers}</option>}
          {choices.value?.dids.map(({ id, number, name }) => (
            <option key={id} value={id}>
              {`${name} · ${telephone(number)}`}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{say.caller}</span>
        <input
          type="tel"
          value={caller}
          placeholder={say.withheld}
          autocomplete="off"
          maxLength={40}
          onInput={(event) => choose({ caller: event.currentTarget.value })}
        />
      </label>
      <label>
        <span>{say.at}</span>
        <input type="datetime-local" value={at} aria-describedby="try-clock" onInput={(event) => choose({ at: event.currentTarget.value })} />
        <small id="try-clock" class="quiet">
          {say.onTheClock(zone)}
        </small>
      </label>
      <ReadyChoice />
      <label>
        <span>{say.plan}</span>
        <input
          value={plan}
          placeholder={say.planHint}
          autocomplete="off"
          spellcheck={false}
          maxLength={2000}
          aria-describedby="try-plan"
          onInput={(event) => choose({ plan: event.currentTarget.value })}
        />
        <small id="try-plan" class="quiet">
          {say.planExample}
        </small>
      </label>
      <p class="acts">
        <button type="submit" class="main" disabled={to === "" || isTrying.value}>
          {tried.value === null ? say.call : say.again}
        </button>
      </p>
    </form>
  );
}

function MenusChoice() {
  const say = tryWords();
  const chosen = (value: string): Which => (value === "now" || value === "draft" || value === "text" ? value : Number(value));
  return (
    <label>
      <span>{say.menus}</span>
      <select value={String(which.value)} onChange={(event) => choose({ which: chosen(event.currentTarget.value) })}>
        <option value="now">{say.now}</option>
        {overview.value?.draft && <option value="draft">{say.draft}</option>}
        {edited.value !== null && <option value="text">{say.text}</option>}
        <VersionOptions />
      </select>
    </label>
  );
}

function ReadyChoice() {
  const say = tryWords();
  const { ready } = wish.value;
  const people = choices.value?.people ?? [];
  const some = typeof ready === "string" ? null : new Set(ready);
  const change = (id: string, is: boolean) => choose({ ready: people.map((each) => each.id).filter((each) => (each === id ? is : some?.has(each))) });
  return (
    <div class="ready">
      <label>
        <span>{say.ready}</span>
        <select
          value={some === null ? String(ready) : "these"}
          disabled={people.length === 0}
          onChange={(event) => {
            const { value } = event.currentTarget;
            choose({ ready: value === "these" ? people.map(({ id }) => id) : value === "none" ? "none" : "all" });
          }}
        >
          <option value="all">{say.everybody}</option>
          <option value="none">{say.nobody}</option>
          <option value="these">{say.these}</option>
        </select>
      </label>
      {some !== null && (
        <ul class="people" aria-label={say.ready}>
          {people.map(({ id, name }) => (
            <li key={id}>
              <label>
                <input type="checkbox" checked={some.has(id)} onChange={(event) => change(id, event.currentTarget.checked)} /> <bdi>{name}</bdi>
              </label>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
