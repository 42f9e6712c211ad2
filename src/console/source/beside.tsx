/** What the pages beside the live one have in common: their head, and how they begin. */

import { effect } from "@preact/signals";
import { type ComponentChildren, render, type VNode } from "preact";
import { tick } from "./live/clock.ts";
import { Mark } from "./parts/Mark.tsx";
import { Settings } from "./parts/Settings.tsx";
import { followPreferences, language } from "./preferences.ts";
import { server, type Session } from "./server.ts";

const RETRY = 2000;

type Words = { skip: string; title: string; toBoard: string };

/** `to`: where the keyboard skips to; `children`: what stands beside the title. */
export function Head({ session, say, to, children }: {
  session: Session;
  say: Words;
  to: string;
  children?: ComponentChildren;
}) {
  const onSignOut = async () => {
    await server.signOut();
    location.replace("/sign-in");
  };
  return (
    <header class="top">
      <a class="skip" href={to}>
        {say.skip}
      </a>
      <Mark />
      <h1>
        {say.title} {children}
      </h1>
      <nav>
        <a href="/">{say.toBoard}</a>
      </nav>
      <Settings session={session} onSignOut={() => void onSignOut()} isOfBoard={false} />
    </header>
  );
}

export interface Beginning {
  /** The page's name in the address. */
  name: string;
  words: () => Words;
  page: (session: Session) => VNode;
  /** Once it stands, and whenever the network is back. */
  follow: () => unknown;
  /** When another language is chosen. */
  spoken: () => unknown;
}

/** Show the page to who has signed in; others sign in first. */
export function begin(beginning: Beginning): void {
  followPreferences();
  effect(() => {
    document.title = `${beginning.words().title} · Cordboard`;
  });
  void open(beginning);
}

async function open(beginning: Beginning): Promise<void> {
  const answer = await server.session();
  if (!answer.ok) {
    if (answer.problem.status === 401) location.replace(`/sign-in?to=${beginning.name}`);
    else setTimeout(() => void open(beginning), RETRY);
    return;
  }
  render(beginning.page(answer.value), document.getElementById("app")!);
  tick();
  beginning.follow();
  window.addEventListener("online", () => beginning.follow());
  let spoken = language.value;
  effect(() => {
    if (language.value === spoken) return;
    spoken = language.value;
    beginning.spoken();
  });
}
