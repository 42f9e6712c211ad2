/** The live page: signs of life first, then the board. */

import { effect } from "@preact/signals";
import { render } from "preact";
import { named, settle } from "./company.ts";
import "./style/page.css";
import "./style/frame.css";
import "./style/board.css";
import { heard, tick } from "./live/clock.ts";
import { Connection } from "./live/connection.ts";
import { board, company, followed } from "./live/state.ts";
import { Agents } from "./parts/Agents.tsx";
import { Calls } from "./parts/Calls.tsx";
import { Header } from "./parts/Header.tsx";
import { Last } from "./parts/Last.tsx";
import { Queues } from "./parts/Queues.tsx";
import { Today } from "./parts/Today.tsx";
import { followPreferences, words } from "./preferences.ts";
import { server, type Session } from "./server.ts";

const RETRY = 2000;

function Page({ session, onSignOut }: { session: Session; onSignOut(): void }) {
  return (
    <>
      <Header session={session} onSignOut={onSignOut} />
      <main id="board" tabIndex={-1}>
        <Today />
        <Queues />
        <Agents session={session} />
        <Calls session={session} />
        <Last />
      </main>
    </>
  );
}

function signInAgain(): void {
  location.replace("/sign-in");
}

async function validSession(): Promise<"valid" | "gone" | "unreachable"> {
  const answer = await server.session();
  if (answer.ok) return answer.value.must_set_password ? "gone" : "valid";
  return answer.problem.status === 401 ? "gone" : "unreachable";
}

async function open(): Promise<void> {
  const answer = await server.session();
  if (!answer.ok) {
    if (answer.problem.status === 401) signInAgain();
    else setTimeout(() => void open(), RETRY);
    return;
  }
  const session = answer.value;
  settle(session);
  const connection = new Connection({
    open: () => server.live(named ?? ""),
    session: validSession,
    heard,
    board: (next) => {
      board.value = next;
    },
    followed,
    signedOut: signInAgain,
  });
  const onSignOut = async () => {
    connection.stop();
    await server.signOut();
    signInAgain();
  };
  render(<Page session={session} onSignOut={() => void onSignOut()} />, document.getElementById("app")!);
  tick();
  connection.start();
  window.addEventListener("online", () => connection.hurry());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) connection.hurry();
  });
}

followPreferences();
effect(() => {
  document.title = `${company.value?.name ?? "Cordboard"} · ${words().live}`;
});
void open();
