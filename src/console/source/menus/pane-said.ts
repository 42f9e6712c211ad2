/** What is wrong with a line, said behind its end. */

import { forEachDiagnostic, setDiagnosticsEffect } from "@codemirror/lint";
import { type EditorState, type Range, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";

/** Readers have it from the list, and where the mark is. */
class Said extends WidgetType {
  readonly #text: string;
  readonly #kind: string;

  constructor(text: string, kind: string) {
    super();
    this.#text = text;
    this.#kind = kind;
  }

  override eq(other: Said): boolean {
    return other.#text === this.#text && other.#kind === this.#kind;
  }

  override toDOM(): HTMLElement {
    const drawn = document.createElement("span");
    drawn.className = `cm-said cm-said-${this.#kind}`;
    drawn.textContent = this.#text;
    drawn.setAttribute("aria-hidden", "true");
    return drawn;
  }
}

function drawnIn(state: EditorState): DecorationSet {
  const lines = new Map<number, { text: string; kind: string }>();
  forEachDiagnostic(state, ({ message, severity }, from) => {
    const end = state.doc.lineAt(from).to;
    const there = lines.get(end);
    // One line has room for one sentence: an error before a warning.
    if (!there || (there.kind === "warning" && severity === "error")) lines.set(end, { text: message, kind: severity });
  });
  const widgets = [...lines].map(
    ([end, { text, kind }]): Range<Decoration> => Decoration.widget({ widget: new Said(text, kind), side: 1 }).range(end),
  );
  return Decoration.set(widgets, true);
}

export const saidBeside = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (drawn, transaction) =>
    transaction.effects.some((effect) => effect.is(setDiagnosticsEffect)) ? drawnIn(transaction.state) : drawn.map(transaction.changes),
  provide: (field) => EditorView.decorations.from(field),
});
