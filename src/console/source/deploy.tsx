/** The deploy page: how things stand, the plan and the way to apply it, the generations and the audit trail. */

import { effect } from "@preact/signals";
import { render } from "preact";
import "./style/page.css";
import "./style/frame.css";
import "./style/deploy.css";
import { Audit } from "./deploy/Audit.tsx";
import { Deed } from "./deploy/Deed.tsx";
import { Generations } from "./deploy/Generations.tsx";
import { PlanPanel } from "./deploy/Plan.tsx";
import { Banners, Standing } from "./deploy/Standing.tsx";
import { follow, look, shown } from "./deploy/state.ts";
import { words } from "./deploy/words.ts";
import { tick } from "./live/clock.ts";
import { Mark } from "./parts/Mark.tsx";
import { Settings } from "./parts/Settings.tsx";
import { followPreferences, language } from "./preferences.ts";
import { server, type Session } from "./server.ts";

const RETRY = 2000;

function Page({ session }: { session: Session }) {
  const say = words();
  const onSignOut = async () => {
    await server.signOut();
    location.replace("/sign-in");
  };
  return (
    <>
      <header class="top">
        <a class="skip" href="#plan-title">
          {say.skip}
        </a>
        <Mark />
        <h1>{say.title}</h1>
        <nav>
          <a href="/">{say.toBoard}</a>
        </nav>
        <Settings session={session} onSignOut={() => void onSignOut()} isOfBoard={false} />
      </header>
      <main>
        <Banners />
        <div class="first">
          <Deed />
          <PlanPanel />
        </div>
        <div class="second">
          <Standing />
          <Generations />
          <Audit />
        </div>
      </main>
    </>
  );
}

async function open(): Promise<void> {
  const answer = await server.session();
  if (!answer.ok) {
    if (answer.problem.status === 401) location.replace("/sign-in?to=deploy");
    else setTimeout(() => void open(), RETRY);
    return;
  }
  render(<Page session={answer.value} />, document.getElementById("app")!);
  tick();
  void follow();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void follow();
  });
  window.addEventListener("online", () => void follow());
  let spoken = language.value;
  effect(() => {
    if (language.value === spoken) return;
    spoken = language.value;
    if (shown.peek() !== null) void look(shown.peek()!.target);
  });
}

followPreferences();
effect(() => {
  document.title = `${words().title} · Cordboard`;
});
void open();
