/** The colours and measures of the pane: the page's own, which follow its theme into the shadow root. */

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--blue)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--green)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--violet)" },
  { tag: [tags.lineComment, tags.comment], color: "var(--quiet)", fontStyle: "italic" },
  { tag: [tags.labelName, tags.typeName, tags.meta], color: "var(--teal)" },
  { tag: [tags.separator, tags.squareBracket, tags.brace, tags.punctuation], color: "var(--quiet)" },
]);

const raised = { backgroundColor: "var(--raised)", color: "var(--text)" };
const line = "1px solid var(--line)";

export const look = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--ground)", fontSize: "0.92rem" },
  "&.cm-focused": { outline: "0.14rem solid var(--brass)", outlineOffset: "-0.14rem" },
  ".cm-scroller": { fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)", padding: "0.4rem 0" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--blue) 30%, transparent)",
  },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--quiet)", borderRight: line },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--raised) 60%, transparent)" },
  ".cm-activeLineGutter": raised,
  ".cm-foldPlaceholder": { ...raised, border: line },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "color-mix(in srgb, var(--teal) 30%, transparent)",
  },
  ".cm-selectionMatch": { backgroundColor: "color-mix(in srgb, var(--amber) 25%, transparent)" },
  ".cm-searchMatch": { backgroundColor: "color-mix(in srgb, var(--amber) 35%, transparent)" },
  ".cm-searchMatch-selected": { backgroundColor: "color-mix(in srgb, var(--amber) 65%, transparent)" },
  ".cm-panels": { ...raised, zIndex: "1" },
  ".cm-panels-top": { borderBottom: line },
  ".cm-panel.cm-search": { padding: "0.4rem 2rem 0.4rem 0.5rem", fontFamily: "inherit" },
  ".cm-textfield": { ...raised, backgroundColor: "var(--ground)", border: line, borderRadius: "0.3rem", fontSize: "inherit" },
  ".cm-button": { ...raised, backgroundImage: "none", border: line, borderRadius: "0.3rem", fontSize: "inherit", cursor: "pointer" },
  ".cm-panel.cm-search label": { fontSize: "inherit" },
  ".cm-panel.cm-search [name=close]": { color: "var(--text)", fontSize: "1.3rem", cursor: "pointer" },
  ".cm-tooltip": { ...raised, border: line, borderRadius: "0.4rem", maxWidth: "min(36rem, 90vw)" },
  ".cm-diagnostic": { padding: "0.3rem 0.6rem", fontFamily: "'Inter', system-ui, sans-serif" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--red)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--amber)" },
  ".cm-lintRange-error": { background: "none", textDecoration: "underline wavy var(--red) 1px", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { background: "none", textDecoration: "underline wavy var(--amber) 1px", textUnderlineOffset: "3px" },
  // CodeMirror's own marks are pictures out of the style, which the page's policy refuses.
  ".cm-lint-marker": { content: "normal", boxSizing: "border-box", width: "0.7em", height: "0.7em", margin: "0.4em 0.15em" },
  ".cm-lint-marker-error": { content: "normal", backgroundColor: "var(--red)", borderRadius: "50%" },
  ".cm-lint-marker-warning": { content: "normal", backgroundColor: "var(--amber)", clipPath: "polygon(50% 0, 100% 100%, 0 100%)" },
  ".cm-said": { marginLeft: "1.2em", fontFamily: "'Inter', system-ui, sans-serif", fontSize: "0.92em", pointerEvents: "none" },
  ".cm-said-error": { color: "var(--red)" },
  ".cm-said-warning": { color: "var(--amber)" },
  ".cm-panel.cm-panel-lint ul": { outline: "none" },
});
