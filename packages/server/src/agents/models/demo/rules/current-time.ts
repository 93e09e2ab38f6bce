import { inWords, pick, type DemoRule } from '../demo-rule.ts';
import { findTimeZone } from '../find-time-zone.ts';

const QUESTION =
  /\b(?:what(?:'s|s| is)?(?: the)?(?: current| local)? (?:time|date|day)|current (?:time|date)|time is it|time now|today'?s date|what day)\b/i;
const DURATION = /\btime (?:does|will|did|to|for|complexity|zone)\b/i;
const PLACE = /\bin (?:the )?([\p{L}][\p{L}\s._/'-]{1,40})/iu;

/** "what time is it in Tokyo?" */
export const currentTime: DemoRule = {
  tool: 'current_time',
  example: 'what time is it in Tokyo?',
  read(text) {
    if (!QUESTION.test(text) || DURATION.test(text)) return null;
    const place = PLACE.exec(text)?.[1];
    const timezone = place === undefined ? null : findTimeZone(place);
    if (timezone !== null) return { timezone };
    return /\b(?:utc|gmt)\b/i.test(text) ? { timezone: 'UTC' } : {};
  },
  say({ input, output }) {
    const time = inWords(pick(output, 'local', 'iso', 'time'));
    const zone = input['timezone'] ?? pick(output, 'timezone');
    const isKnown = typeof zone === 'string' && zone !== 'UTC';
    return isKnown ? `In ${inWords(zone)} it is ${time}.` : `It is ${time}.`;
  },
};
