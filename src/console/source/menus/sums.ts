/** What the figures say of a box, of a way and of all: pure, so that the drawing only draws. */

import type { Box, Figures, NodeFigures, Tree, Way } from "./shapes.ts";

export const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, each) => sum + each, 0);

/** How many calls came to each box of a tree: to its node, or, where it is a place outside, by the way that is drawn. */
export function callsByBox(tree: Tree, figures: Figures | null): number[] {
  if (figures === null) return [];
  const calls = tree.boxes.map((box) => (box.is_pointer ? 0 : (figures.nodes[box.of]?.calls ?? 0)));
  for (const way of tree.ways) {
    const to = tree.boxes[way.to]!;
    if (!to.is_pointer && figures.nodes[to.of] === undefined) calls[way.to] = took(figures, tree.boxes[way.from]!, way);
  }
  return calls;
}

/** How many visits took a way. */
export function took(figures: Figures, box: Box, way: Way): number {
  const ways = figures.nodes[box.of]?.ways ?? {};
  return way.called.reduce((sum, called) => sum + total(ways[called] ?? {}), 0);
}

/** 0 to 4: how much of all calls came there. */
export function heat(figures: Figures, calls: number): number {
  if (figures.calls === 0 || calls === 0) return 0;
  return Math.max(1, Math.min(4, Math.ceil((calls / figures.calls) * 4)));
}

/** Ways with where they led, those first that most took. */
export function waysOf(node: NodeFigures): { way: string; to: string; visits: number }[] {
  return Object.entries(node.ways)
    .flatMap(([way, places]) => Object.entries(places).map(([to, visits]) => ({ way, to, visits })))
    .sort((one, other) => other.visits - one.visits || one.way.localeCompare(other.way));
}

export const share = (part: number, whole: number) => (whole === 0 ? "" : `${Math.round((part / whole) * 100)} %`);
