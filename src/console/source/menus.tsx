/** The page of menus: the tree that callers meet with its figures, and the versions. */

import { effect } from "@preact/signals";
import { render } from "preact";
import "./style/page.css";
import "./style/frame.css";
import "./style/deploy.css";
import "./style/menus.css";
import { tick } from "./live/clock.ts";
import { Compare } from "./menus/Compare.tsx";
import { FiguresPanel } from "./menus/Figures.tsx";
import { count, look, overview, silence } from "./menus/state.ts";
import { Silence, TreePanel } from "./menus/Tree.tsx";
import { Versions } from "./menus/Versions.tsx";
import { words } from "./menus/words.ts";
import { Mark } from "./parts/Mark.tsx";
import { Settings } from "./parts/Settings.tsx";
import { followPreferences, language } from "./preferences.ts";
import { code, server, type Session } from "./server.ts";

const RETRY = 2000;
/** Figures that stand on a screen follow the day. */
const PAUSE = 60_000;

function Page({ session }: { session: Session }) {
  const say = words();
  const onSignOut = async () => {
    await server.signOut();
    location.replace("/sign-in");
  };
  return (
    <>
      <header class="top">
        <a class="skip" href="#tree-title">
          {say.skip}
        </a>
        <Mark />
        <h1>
          {say.title} <span class="quiet">{overview.value?.company}</span>
        </h1>
        <nav>
          <a href="/">{say.toBoard}</a>
        </nav>
        <Settings session={session} onSignOut={() => void onSignOut()} isOfBoard={false} />
      </header>
      <main>
        <div class="banners" role="status">
          {silence.value && <Silence text={say.refusals[code(silence.value)] ?? say.unheard} />}
        </div>
        <div class="first">
          <TreePanel />
        </div>
        <div class="second">
          <FiguresPanel />
          <Versions />
          <Compare />
        </div>
      </main>
    </>
  );
}

async function open(): Promise<void> {
  const answer = await server.session();
  if (!answer.ok) {
    if (answer.problem.status === 401) location.replace("/sign-in?to=menus");
    else setTimeout(() => void open(), RETRY);
    return;
  }
  render(<Page session={answer.value} />, document.getElementById("app")!);
  tick();
  void look();
  setInterval(() => {
    if (!document.hidden) void (overview.value === null ? look() : count());
  }, PAUSE);
  window.addEventListener("online", () => void look());
  let spoken = language.value;
  effect(() => {
    if (language.value === spoken) return;
    spoken = language.value;
    void look();
  });
}

followPreferences();
effect(() => {
  document.title = `${words().title} · Cordboard`;
});
void open();
