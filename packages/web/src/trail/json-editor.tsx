import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import {
  bracketMatching,
  defaultHighlightStyle,
  foldGutter,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { lintGutter, linter } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useEffectEvent, useRef } from 'react';

/** The colours of the page, so that both themes hold. */
const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--kind-message)' },
  { tag: tags.string, color: 'var(--kind-answer)' },
  { tag: tags.number, color: 'var(--kind-request)' },
  { tag: [tags.bool, tags.null], color: 'var(--kind-definition)' },
]);

const LOOK = EditorView.theme({
  '&': { fontSize: '0.75rem', backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': {
    fontFamily: 'var(--font-mono, ui-monospace, monospace)',
    caretColor: 'var(--ink)',
  },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--ink-faint)', border: 'none' },
  '.cm-scroller': { maxHeight: '28rem', minHeight: '10rem', overflow: 'auto' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--ink)',
    border: '1px solid var(--line)',
  },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft) !important',
  },
});

/** An editor for JSON text: colours, folding, undo, and the place of a mistake. Tab leaves it, as everywhere on the page. */
export function JsonEditor({
  label,
  initial,
  onChange,
}: {
  label: string;
  /** What it begins with; later changes of this are not taken over. */
  initial: string;
  onChange: (text: string) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const tell = useEffectEvent(onChange);
  const begin = useEffectEvent(() => initial);
  const named = useEffectEvent(() => label);
  useEffect(() => {
    if (place.current === null) return;
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: begin(),
        extensions: [
          lineNumbers(),
          foldGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          json(),
          syntaxHighlighting(COLOURS),
          syntaxHighlighting(defaultHighlightStyle, { fallback: true }),
          linter(jsonParseLinter()),
          lintGutter(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': named() }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) tell(update.state.doc.toString());
          }),
          LOOK,
        ],
      }),
    });
    return () => view.destroy();
  }, []);
  return (
    <div
      ref={place}
      data-testid="json-editor"
      className="overflow-hidden rounded-lg border border-line-strong bg-raised focus-within:outline-2 focus-within:outline-accent"
    />
  );
}
