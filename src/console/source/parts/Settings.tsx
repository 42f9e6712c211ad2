/** What can be chosen: language, theme, numbers, company, full screen; and the way out. */

import { useEffect, useRef } from "preact/hooks";
import type { Signal } from "@preact/signals";
import { language, numbers, theme, words } from "../preferences.ts";
import { named } from "../company.ts";
import { mayOversee, type Session } from "../server.ts";
import { CompanyChoice } from "./CompanyChoice.tsx";
import { Icon } from "./Icon.tsx";

interface Props {
  session: Session;
  onSignOut(): void;
  /** What is chosen about a board: whose, whether numbers are shown, the whole screen. */
  isOfBoard?: boolean;
}

export function Settings({ session, onSignOut, isOfBoard = true }: Props) {
  const say = words();
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const isEscape = event instanceof KeyboardEvent && event.key === "Escape";
      const isOutside = event.type === "pointerdown" && !menu.current?.contains(event.target as Node);
      if (menu.current?.open && (isEscape || isOutside)) {
        menu.current.open = false;
        if (isEscape) menu.current.querySelector("summary")?.focus();
      }
    };
    document.addEventListener("keydown", close);
    document.addEventListener("pointerdown", close);
    return () => {
      document.removeEventListener("keydown", close);
      document.removeEventListener("pointerdown", close);
    };
  }, []);
  return (
    <div class="controls">
      <Choice name="language" label={say.language} choice={language} options={{ fr: "FR", en: "EN" }} isShort />
      <details class="menu" ref={menu}>
        <summary aria-label={say.settings} title={say.settings}>
          <Icon name="settings" />
        </summary>
        <div class="sheet">
          <Choice name="theme" label={say.theme} choice={theme} options={say.themes} />
          {isOfBoard && (
            <Choice
              name="numbers"
              label={say.numbers}
              choice={numbers}
              options={{ shown: say.numbersShown, hidden: say.numbersHidden }}
            />
          )}
          {isOfBoard && session.companies.length > 1 && <CompanyChoice session={session} />}
          {isOfBoard && mayOversee(session) && (
            <a href={`/menus?company=${encodeURIComponent(named ?? "")}`}>{say.menus}</a>
          )}
          {isOfBoard && session.may_deploy && <a href="/deploy">{say.deploy}</a>}
          {isOfBoard && document.fullscreenEnabled && (
            <button type="button" onClick={() => void document.documentElement.requestFullscreen()}>
              {say.fullScreen}
            </button>
          )}
          <button type="button" onClick={onSignOut}>
            {say.signOut} <span class="quiet">{session.account}</span>
          </button>
          <a class="quiet" href="/LICENSES.txt">
            {say.licences}
          </a>
        </div>
      </details>
    </div>
  );
}

interface ChoiceProps<T extends string> {
  name: string;
  label: string;
  choice: Signal<T>;
  options: Record<T, string>;
  isShort?: boolean;
}

function Choice<T extends string>({ name, label, choice, options, isShort = false }: ChoiceProps<T>) {
  return (
    <fieldset class={`choice ${isShort ? "short" : ""}`}>
      <legend class={isShort ? "unseen" : ""}>{label}</legend>
      {(Object.keys(options) as T[]).map((value) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => {
              choice.value = value;
            }}
          />
          <span>{options[value]}</span>
        </label>
      ))}
    </fieldset>
  );
}
