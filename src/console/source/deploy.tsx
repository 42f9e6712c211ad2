/** The deploy page: how things stand, the plan and the way to apply it, the generations and the audit trail. */

import "./style/page.css";
import "./style/frame.css";
import "./style/deploy.css";
import { begin, Head } from "./beside.tsx";
import { Audit } from "./deploy/Audit.tsx";
import { Deed } from "./deploy/Deed.tsx";
import { Generations } from "./deploy/Generations.tsx";
import { PlanPanel } from "./deploy/Plan.tsx";
import { Banners, Standing } from "./deploy/Standing.tsx";
import { follow, look, shown } from "./deploy/state.ts";
import { words } from "./deploy/words.ts";
import { type Session } from "./server.ts";

function Page({ session }: { session: Session }) {
  return (
    <>
      <Head session={session} say={words()} to="#plan-title" />
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

begin({
  name: "deploy",
  words,
  page: (session) => <Page session={session} />,
  follow,
  spoken: () => {
    if (shown.peek() !== null) void look(shown.peek()!.target);
  },
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void follow();
});
