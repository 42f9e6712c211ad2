/** The page of menus: the tree that callers meet with its figures, and the versions. */

import "./style/page.css";
import "./style/frame.css";
import "./style/deploy.css";
import "./style/menus.css";
import "./style/editor.css";
import { begin, Head } from "./beside.tsx";
import { Compare } from "./menus/Compare.tsx";
import { judge } from "./menus/editing.ts";
import { EditorPanel } from "./menus/Editor.tsx";
import { FiguresPanel } from "./menus/Figures.tsx";
import { count, isOfStranger, isUnsaved, look, overview, silence } from "./menus/state.ts";
import { Silence, TreePanel } from "./menus/Tree.tsx";
import { Try } from "./menus/Try.tsx";
import { choices, load } from "./menus/trying.ts";
import { Versions } from "./menus/Versions.tsx";
import { words } from "./menus/words.ts";
import { code, type Session } from "./server.ts";

/** Figures that stand on a screen follow the day. */
const PAUSE = 60_000;

function Page({ session }: { session: Session }) {
  const say = words();
  return (
    <>
      <Head session={session} say={say} to="#tree-title" isOfCompany />
      <main>
        <div class="banners" role="status">
          {silence.value && !(isUnsaved.value && isOfStranger(silence.value)) && <Silence text={say.refusals[code(silence.value)] ?? say.unheard} />}
        </div>
        <div class="first">
          <EditorPanel session={session} />
          <TreePanel />
        </div>
        <Try />
        <div class="second">
          <FiguresPanel />
          <Versions />
          <Compare />
        </div>
      </main>
    </>
  );
}

function follow(): void {
  void look();
  if (choices.value === null) void load();
}

begin({
  name: "menus",
  words,
  page: (session) => <Page session={session} />,
  follow,
  spoken: () => {
    void look();
    void judge();
  },
});
setInterval(() => {
  if (!document.hidden) void (overview.value === null || choices.value === null ? follow() : count());
}, PAUSE);
