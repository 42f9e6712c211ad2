/** The figures beside the tree: of all calls, or of the box that was chosen. */

import { share, total, waysOf } from "./sums.ts";
import type { Figures, NodeFigures, Times } from "./shapes.ts";
import { chosen, chosenBox, figures, isCounting } from "./state.ts";
import { decimal, placeInWords, wayInWords, words } from "./words.ts";

const tenth = (seconds: number | null) => (seconds === null ? "–" : decimal(seconds, 1));

export function FiguresPanel() {
  const say = words();
  const counted = figures.value;
  const box = chosenBox.value;
  const node = box === null ? undefined : counted?.nodes[box.of];
  return (
    <section class="panel figures" aria-labelledby="figures-title" aria-busy={isCounting.value}>
      <header>
        <h2 id="figures-title">{node && box ? <bdi>{box.title}</bdi> : say.figures}</h2>
        {node && (
          <button type="button" class="plain close" onClick={() => (chosen.value = null)}>
            {say.close}
          </button>
        )}
      </header>
      {counted === null && <p class="empty">{say.counting}</p>}
      {counted !== null && (node ? <OfNode node={node} calls={counted.calls} /> : <OfAll counted={counted} />)}
    </section>
  );
}

function OfAll({ counted }: { counted: Figures }) {
  const say = words();
  const { unseen, in_progress, unfollowed, elsewhere } = counted;
  const leftOut = unseen + in_progress + unfollowed + elsewhere > 0 && (
    <p class="quiet">{say.leftOut(unseen, in_progress, unfollowed, elsewhere)}</p>
  );
  if (counted.calls === 0) {
    return (
      <>
        <p class="empty">{say.noCalls}</p>
        {leftOut}
      </>
    );
  }
  const lost = total(counted.exits["hung_up"] ?? {});
  const zeroOuts = total(counted.zero_outs);
  return (
    <>
      <p class="great">
        <strong>{say.calls(counted.calls)}</strong> {say.all}
        {counted.compiled > 0 && <span class="quiet">, {say.compiled(counted.compiled)}</span>}
      </p>
      <ul class="facts">
        <li>
          <strong class={lost > 0 ? "lost" : ""}>{lost}</strong> {say.lost} <span class="quiet">{share(lost, counted.calls)}</span>
        </li>
        <li>
          <strong>{zeroOuts}</strong> {say.zeroOuts} <span class="quiet">{share(zeroOuts, counted.calls)}</span>
        </li>
      </ul>
      {counted.to_exit.median !== null && <p class="quiet">{say.toExit(tenth(counted.to_exit.median), tenth(counted.to_exit.p90))}</p>}
      {leftOut}
      <Counts
        title={say.exits}
        rows={Object.entries(counted.exits)
          .map(([place, outcomes]) => ({ name: placeInWords(place), to: "", count: total(outcomes) }))
          .sort((one, other) => other.count - one.count)}
        whole={counted.calls}
        heads={[say.exits, say.calls(2).replace(/^\d+ /, "")]}
      />
    </>
  );
}

function OfNode({ node, calls }: { node: NodeFigures; calls: number }) {
  const say = words();
  return (
    <>
      <p class="great">
        <strong>{say.calls(node.calls)}</strong> <span class="quiet">{share(node.calls, calls)}</span>, {say.visits(node.visits)}
      </p>
      <ul class="facts">
        {node.hung_up > 0 && (
          <li>
            <strong class="lost">{say.hungUp(node.hung_up)}</strong> <span class="quiet">{share(node.hung_up, node.calls)}</span>
          </li>
        )}
        {node.silent + node.wrong > 0 && <li>{say.failures(node.silent, node.wrong)}</li>}
        <li class="quiet">{inSeconds(node.seconds)}</li>
      </ul>
      <Counts
        title={say.way}
        rows={waysOf(node).map(({ way, to, visits }) => ({
          name: wayInWords(way),
          to: to === "" ? "" : placeInWords(to),
          count: visits,
        }))}
        whole={node.visits}
        heads={[say.way, say.count]}
      />
    </>
  );
}

function inSeconds({ median, p90 }: Times): string {
  return words().seconds(tenth(median), tenth(p90));
}

interface Counted {
  name: string;
  to: string;
  count: number;
}

function Counts({ title, rows, whole, heads }: { title: string; rows: Counted[]; whole: number; heads: [string, string] }) {
  const say = words();
  const isLed = rows.some(({ to }) => to !== "");
  return (
    <table class="counts" aria-label={title}>
      <thead>
        <tr>
          <th>{heads[0]}</th>
          {isLed && <th>{say.to}</th>}
          <th class="number">{heads[1]}</th>
          <th class="number">{say.share}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={`${row.name} ${row.to}`}>
            <td>
              <bdi>{row.name}</bdi>
            </td>
            {isLed && (
              <td>
                <bdi>{row.to}</bdi>
              </td>
            )}
            <td class="number">{row.count}</td>
            <td class="number">{share(row.count, whole)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
