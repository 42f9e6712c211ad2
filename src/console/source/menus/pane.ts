/** The pane where menus are written: CodeMirror, with what is wrong at its line. Loaded when somebody writes.
 *
 * It stands in a shadow root, where its styles are sheets of their own: no style that the page's policy would refuse. */

import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorSelection, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import type { TextProblem } from "./shapes.ts";
import { colours, look } from "./pane-look.ts";
import { saidBeside } from "./pane-said.ts";
import { sentence } from "./sentence.ts";

/** What readers are told of it, and CodeMirror's own words: none in English. */
export interface PaneWords {
  label: string;
  description: string;
  phrases: Record<string, string>;
}

export interface PaneOptions {
  words: PaneWords;
  onChange(text: string): void;
  onSave(): void;
}

export class Pane {
  readonly #view: EditorView;
  readonly #spoken = new Compartment();

  constructor(place: HTMLElement, text: string, options: PaneOptions) {
    const root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
    this.#view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          highlightActiveLineGutter(),
          highlightActiveLine(),
          foldGutter(),
          lintGutter(),
          saidBeside,
          history(),
          drawSelection(),
          indentUnit.of("  "),
          indentOnInput(),
          bracketMatching(),
          highlightSelectionMatches(),
          search({ top: true }),
          yaml(),
          syntaxHighlighting(colours),
          look,
          EditorView.lineWrapping,
          this.#spoken.of(inWords(options.words)),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) options.onChange(update.state.doc.toString());
          }),
          keymap.of([
            { key: "Mod-s", run: () => (options.onSave(), true), preventDefault: true },
            ...searchKeymap,
            ...historyKeymap,
            ...foldKeymap,
            ...lintKeymap,
            ...defaultKeymap,
            // Escape, then Tab, leaves: CodeMirror sees to that.
            indentWithTab,
          ]),
        ],
      }),
    });
  }

  speak(words: PaneWords): void {
    this.#view.dispatch({ effects: this.#spoken.reconfigure(inWords(words)) });
  }

  /** Another text in its place; the one before can be had again by undoing. */
  replace(text: string): void {
    if (text === this.#view.state.doc.toString()) return;
    const annotations = isolateHistory.of("full"); // or what was written a moment ago is undone with it
    this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text }, annotations });
  }

  /** Show what is wrong, as far as it stands on a line. */
  mark(problems: readonly TextProblem[]): void {
    const state = this.#view.state;
    const placed = problems.filter(({ line }) => line > 0 && line <= state.doc.lines);
    const found = placed.map((problem): Diagnostic => {
      const line = state.doc.line(problem.line);
      const from = Math.min(line.from + Math.max(problem.column, 1) - 1, line.to);
      const severity = problem.is_warning ? "warning" : "error";
      return { from, to: line.to, severity, message: sentence(problem) };
    });
    this.#view.dispatch(setDiagnostics(state, found));
  }

  goTo(line: number, column: number): void {
    const { doc } = this.#view.state;
    const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
    const at = Math.min(found.from + Math.max(column, 1) - 1, found.to);
    this.#view.dispatch({
      selection: EditorSelection.cursor(at),
      effects: EditorView.scrollIntoView(at, { y: "center" }),
    });
    this.#view.focus();
  }

  focus(): void {
    this.#view.focus();
  }

  close(): void {
    this.#view.destroy();
  }
}

function inWords({ label, description, phrases }: PaneWords): Extension {
  return [
    EditorState.phrases.of(phrases),
    EditorView.contentAttributes.of({ "aria-label": label, "aria-description": description }),
  ];
}
