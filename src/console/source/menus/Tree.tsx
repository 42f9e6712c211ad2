/** The tree of the menus in force, each box with what calls did there, each way with how many took it. */

import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/Icon.tsx";
import { walkedIn } from "./entries.ts";
import { callsByBox, heat, took } from "./sums.ts";
import type { Box, Figures, Tree, Way } from "./shapes.ts";
import { judged } from "./editing.ts";
import { EditButton } from "./Editor.tsx";
import { chosen, edited, figures, isCounting, isOfText, tree as shown } from "./state.ts";
import { PeriodChoice } from "./Period.tsx";
import { walked } from "./trying.ts";
import { editorWords, labelInWords, words } from "./words.ts";

const LONGEST = { title: 24, note: 30, label: 20 };
const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

export function TreePanel() {
  const say = words();
  const tree = shown.value;
  return (
    <section class="panel tree" aria-labelledby="tree-title">
      <header>
        <h2 id="tree-title" tabIndex={-1}>
          {edited.value !== null && isOfText.value ? treeOfText() : say.tree}
        </h2>
        <EditButton />
        {edited.value !== null && <Which />}
        <PeriodChoice />
      </header>
      {tree === null && <p class="empty">…</p>}
      {tree !== null && tree.boxes.length === 0 && <p class="empty">{say.noMenus}</p>}
      {tree !== null && tree.boxes.length > 0 && (
        <>
          <p class="quiet hint">{say.treeHint}</p>
          <Canvas tree={tree} />
        </>
      )}
    </section>
  );
}

/** A text that cannot be read has no tree: the one before it stays. */
const treeOfText = () => (judged.value?.tree === null ? editorWords().treeBefore : editorWords().tree);

/** While somebody writes: the tree of his text, or of what callers meet. */
function Which() {
  const say = editorWords();
  return (
    <label>
      {say.shown}{" "}
      <select
        value={isOfText.value ? "text" : "force"}
        onChange={(event) => {
          isOfText.value = event.currentTarget.value === "text";
        }}
      >
        <option value="text">{say.ofText}</option>
        <option value="force">{say.inForce}</option>
      </select>
    </label>
  );
}

function Canvas({ tree }: { tree: Tree }) {
  const canvas = useRef<HTMLDivElement>(null);
  // The first number is what a reader begins with; it stands in the middle of all that it leads to.
  const top = tree.boxes[0]?.y ?? 0;
  useEffect(() => {
    const shown = canvas.current;
    if (shown) shown.scrollTop = top - ABOVE - shown.clientHeight / 2;
  }, [top]);
  return (
    <div
      ref={canvas}
      class={`canvas ${isCounting.value ? "counting" : ""}`}
      tabIndex={0}
      role="group"
      aria-labelledby="tree-title"
    >
      <Drawing tree={tree} counted={figures.value} />
    </div>
  );
}

/** The picture's own heading is left out: the page has one. */
const ABOVE = 44;

function Drawing({ tree, counted }: { tree: Tree; counted: Figures | null }) {
  const came = callsByBox(tree, counted);
  const { boxes, ways } = walkedIn(tree, walked.value);
  return (
    <svg viewBox={`0 ${ABOVE} ${tree.width} ${tree.height - ABOVE}`} width={tree.width} height={tree.height - ABOVE}>
      {tree.ways.map((way, place) => (
        <WayLine key={place} tree={tree} way={way} isWalked={ways.has(place)} counted={counted} />
      ))}
      {tree.boxes.map((box, place) => (
        <BoxSign key={place} box={box} size={tree.box} isWalked={boxes.has(place)} calls={came[place] ?? 0} counted={counted} />
      ))}
    </svg>
  );
}

interface WayProps {
  tree: Tree;
  way: Way;
  /** Did the call that is tried go there? */
  isWalked: boolean;
  counted: Figures | null;
}

function WayLine({ tree, way, isWalked, counted }: WayProps) {
  const [width, height] = tree.box;
  const [from, to] = [tree.boxes[way.from]!, tree.boxes[way.to]!];
  const [x1, y1, x2, y2] = [from.x + width, from.y + height / 2, to.x, to.y + height / 2];
  const visits = counted === null ? 0 : took(counted, from, way);
  const weight = counted === null || counted.calls === 0 ? 0 : Math.min(1, visits / counted.calls);
  return (
    <g class={`way ${visits > 0 ? "taken" : ""} ${isWalked ? "walked" : ""}`}>
      <path
        d={`M${x1} ${y1} C${x1 + 16} ${y1} ${x1 + 4} ${y2} ${x1 + 28} ${y2} L${x2} ${y2}`}
        stroke-width={1.5 + 4 * weight}
      />
      <text x={x2 - 8} y={y2 - 6}>
        {cut(labelInWords(way.label), LONGEST.label)}
        {visits > 0 && <tspan class="visits"> {visits}</tspan>}
      </text>
    </g>
  );
}

interface BoxProps {
  box: Box;
  size: [number, number];
  isWalked: boolean;
  calls: number;
  counted: Figures | null;
}

function BoxSign({ box, size, isWalked, calls, counted }: BoxProps) {
  const say = words();
  const [width, height] = size;
  const hungUp = counted?.nodes[box.of]?.hung_up ?? 0;
  const isNode = counted?.nodes[box.of] !== undefined && !box.is_pointer;
  const warmth = counted === null ? 0 : heat(counted, calls);
  const choose = () => {
    chosen.value = chosen.value === box.of ? null : box.of;
  };
  const drawn = (
    <>
      <title>{`${box.title}: ${box.note}`}</title>
      <rect class="body" x={box.x} y={box.y} width={width} height={height} rx="7" />
      <rect class="edge" x={box.x} y={box.y} width="6" height={height} rx="3" />
      <text class="title" x={box.x + 16} y={box.y + 20}>
        {cut(box.is_pointer ? `→ ${box.title}` : box.title, LONGEST.title)}
      </text>
      {calls > 0 ? (
        <text class="sum" x={box.x + 16} y={box.y + 37}>
          {say.calls(calls)}
          {hungUp > 0 && <tspan class="lost">{` · ${say.hungUp(hungUp)}`}</tspan>}
        </text>
      ) : (
        <text class="note" x={box.x + 16} y={box.y + 36}>
          {cut(box.note, LONGEST.note)}
        </text>
      )}
    </>
  );
  const kind = `box kind-${box.kind} heat-${warmth} ${box.is_pointer ? "pointer" : ""} ${isWalked ? "walked" : ""}`;
  if (!isNode) return <g class={kind}>{drawn}</g>;
  return (
    <g
      class={`${kind} ${chosen.value === box.of ? "chosen" : ""}`}
      role="button"
      tabindex={0}
      aria-pressed={chosen.value === box.of}
      aria-label={say.box(box.title, calls, hungUp)}
      onClick={choose}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          choose();
        }
      }}
    >
      {drawn}
    </g>
  );
}

/** What stands above everything else. Announced when it comes. */
export function Silence({ text }: { text: string }) {
  return (
    <p class="banner alarm">
      <Icon name="lost" /> {text}
    </p>
  );
}
