import { inWords, pick, type DemoRule } from '../demo-rule.ts';

const REMEMBER =
  /^(?:please )?(?:remember|note|make a note|take a note|write down)\b(?: down)?(?:,? that| of)?[\s:,]+([\s\S]+)$/i;

/** "remember that the demo is on Friday". */
export const remember: DemoRule = {
  tool: 'breadcrumb_create',
  example: 'remember that the demo is on Friday',
  read(text) {
    const note = REMEMBER.exec(text.trim())?.[1]?.trim();
    if (!note) return null;
    const title = note.length > 80 ? `${note.slice(0, 79)}…` : note;
    return { title, context: { content: note }, tags: ['note'], schema_name: 'note.v1' };
  },
  say({ input, output }) {
    const id = pick(output, 'id', 'breadcrumb_id');
    const where = typeof id === 'string' ? ` It is breadcrumb ${id}.` : '';
    return `Noted: ${inWords(input['title'] ?? 'it')}.${where}`;
  },
};
