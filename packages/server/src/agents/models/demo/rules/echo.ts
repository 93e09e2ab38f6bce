import { inWords, pick, type DemoRule } from '../demo-rule.ts';

const ECHO = /^(?:please )?(?:echo|repeat after me)\b[\s:,]*([\s\S]+)$/i;

/** "echo hello". */
export const echo: DemoRule = {
  tool: 'echo',
  example: 'echo hello',
  read(text) {
    const said = ECHO.exec(text.trim())?.[1]?.trim();
    return said ? { message: said } : null;
  },
  say({ output }) {
    return `The echo came back: ${inWords(pick(output, 'message', 'text'))}`;
  },
};
