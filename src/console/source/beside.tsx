/** What the pages beside the live one have in common: their head, and how they begin. */

import { effect } from "@preact/signals";
import { render, type VNode } from "preact";
import { named, settle } from "./company.ts";
import { tick } from "./live/clock.ts";
import { CompanyChoice } from "./parts/CompanyChoice.tsx";
import { Mark } from "./parts/Mark.tsx";
import { Settings } from "./parts/Settings.tsx";
import { followPreferences, language } from "./preferences.ts";
import { server, type Session } from "./server.ts";

const RETRY = 2000;

type Words = { skip: string; title: string; toBoard: string };

/** `to`: where the keyboard skips to; `isOfCompany`: whose the page is stands beside the title. */
export function Head({ session, say, to, isOfCompany = false }: {
  session: Session;
  say: Words;
  to: string;
  isOfCompany?: boolean;
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
      <h1>{say.title}</h1>
      {isOfCompany && <Whose session={session} />}
      <nav>
        <a href="/">{say.toBoard}</a>
      </nav>
      <Settings session={session} onSignOut={() => void onSignOut()} isOfBoard={false} />
    </header>
  );
}

/** The only company there is needs no choice. */
function Whose({ session }: { session: Session }) {
  const of = session.companies.find(({ id }) => id === named);
  return (
    <div class="whose">
      {session.companies.length > 1 ? <CompanyChoice session={session} isNamed={false} /> : <bdi class="quiet">{of?.name}</bdi>}
    </div>
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
  settle(answer.value);
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
