/** The phone of the caller of a tried call: keys, silence, words, the hang-up; by hand, or by the keyboard. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../parts/Icon.tsx";
import type { Awaited } from "./tried.ts";
import { act, isTrying, tried } from "./trying.ts";
import { tryWords } from "./try-words.ts";

/** Where the keyboard goes when a call begins. */
export const PHONE = "caller-phone";
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const SECONDS = [1, 5, 15, 60];

export function Phone() {
  const say = tryWords();
  const call = tried.value;
  const awaited = call?.awaited ?? null;
  const state = call === null ? say.idle : awaited === null ? say.over : awaited.what === "keys" ? say.awaitsKeys : say.awaitsSpeech;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The button that was used last is gone, or asleep: whoever goes by keyboard stays at the phone.
    if (call !== null && document.activeElement?.matches("body, :disabled")) place.current?.focus({ preventScroll: true });
  }, [awaited?.what]);
  const isOn = awaited?.what === "keys" || (isTrying.value && call !== null);
  return (
    <div
      id={PHONE}
      ref={place}
      class={`phone ${awaited === null ? "" : "on"}`}
      role="group"
      aria-labelledby="phone-title"
      aria-busy={isTrying.value}
      tabIndex={-1}
      onKeyDown={(event) => {
        const isWriting = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
        if (isWriting || event.ctrlKey || event.altKey || event.metaKey || !isOn || !KEYS.includes(event.key)) return;
        event.preventDefault();
        act(event.key);
      }}
    >
      <h3 id="phone-title">{say.phone}</h3>
      <p class="state" role="status">
        {isTrying.value ? "…" : state}
      </p>
      {awaited?.what === "speech" ? <Speech /> : <Keypad awaited={awaited} isOn={isOn} />}
      {awaited !== null && awaited.phrases.length > 0 && <Words phrases={awaited.phrases} />}
      <p class="acts">
        <button type="button" disabled={awaited?.what !== "keys"} onClick={() => act("w")}>
          {say.wait}
        </button>
        <button type="button" class="hang-up" disabled={awaited?.what !== "keys"} onClick={() => act("h")}>
          <Icon name="call" /> {say.hangUp}
        </button>
      </p>
    </div>
  );
}

function Keypad({ awaited, isOn }: { awaited: Awaited | null; isOn: boolean }) {
  const say = tryWords();
  // A key of several digits begins with its first.
  const leading = new Set(awaited?.keys.map((key) => key[0]));
  return (
    <div class="keys">
      {KEYS.map((key) => (
        <button
          key={key}
          type="button"
          class={leading.has(key) ? "leads" : ""}
          aria-label={leading.has(key) ? say.keyLeads(key) : key}
          // A key that is pressed while the last one is on its way keeps its focus.
          aria-disabled={!isOn}
          onClick={() => isOn && act(key)}
        >
          {key}
        </button>
      ))}
    </div>
  );
}

function Words({ phrases }: { phrases: string[] }) {
  const say = tryWords();
  const [phrase, setPhrase] = useState("");
  return (
    <form
      class="words"
      onSubmit={(event) => {
        event.preventDefault();
        if (phrase.trim() !== "") act(`say:${phrase.trim().replace(/\s+/g, "_")}`);
        setPhrase("");
      }}
    >
      <label>
        <span class="unseen">{say.say}</span>
        <input list="try-phrases" value={phrase} maxLength={60} autocomplete="off" onInput={(event) => setPhrase(event.currentTarget.value)} />
      </label>
      <datalist id="try-phrases">
        {phrases.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <button type="submit">{say.say}</button>
    </form>
  );
}

function Speech() {
  const say = tryWords();
  return (
    <p class="acts speech">
      {SECONDS.map((seconds) => (
        <button key={seconds} type="button" onClick={() => act(String(seconds))}>
          {say.speak} {say.seconds(seconds)}
        </button>
      ))}
      <button type="button" class="plain" onClick={() => act("")}>
        {say.silent}
      </button>
    </p>
  );
}
