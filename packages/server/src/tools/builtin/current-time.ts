import { Type, type Static } from 'typebox';
import { ToolInputError, type BuiltinTool } from './contract.ts';

const input_schema = Type.Object(
  {
    timezone: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        default: 'UTC',
        description: 'An IANA time zone such as "Europe/Paris"; UTC when absent.',
      }),
    ),
  },
  { additionalProperties: false },
);

const output_schema = Type.Object({
  iso: Type.String({ description: 'The time in UTC, RFC 3339.' }),
  timezone: Type.String({ description: 'The time zone of `local`.' }),
  local: Type.String({
    description: 'Weekday, date, time and offset in that zone, for people to read.',
  }),
  unix_ms: Type.Integer({ description: 'Milliseconds since 1970-01-01T00:00:00Z.' }),
});

/** Tells the time, in UTC and in a time zone. */
export const currentTime: BuiltinTool<Static<typeof input_schema>, Static<typeof output_schema>> = {
  name: 'current_time',
  description:
    'Tells the current date, weekday and time, in UTC and in a time zone. ' +
    'Use it whenever an answer depends on now or today: you cannot know the time yourself. ' +
    'Example: {"timezone": "Europe/Paris"} answers such as {"iso": "2026-01-05T00:04:05.000Z", ' +
    '"timezone": "Europe/Paris", "local": "Monday, 5 January 2026, 01:04:05 (UTC+01:00)", ' +
    '"unix_ms": 1767571445000}.',
  input_schema,
  output_schema,
  async execute({ timezone = 'UTC' }, context) {
    const asked = timezone.trim();
    const format = formatFor(asked);
    const unix_ms = Math.trunc(context.clock.now());
    const now = new Date(unix_ms);
    const resolved = format.resolvedOptions().timeZone;
    return {
      iso: now.toISOString(),
      // The engine answers some zones with an older name (Asia/Calcutta): then the name asked for is clearer.
      timezone: resolved.toLowerCase() === asked.toLowerCase() ? resolved : asked,
      local: describe(format, now),
      unix_ms,
    };
  },
};

function formatFor(timezone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      weekday: 'long',
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    });
  } catch {
    throw new ToolInputError(
      `"${timezone}" is not a time zone. Use an IANA name such as "${zoneLike(timezone)}", or "UTC".`,
    );
  }
}

/** A zone whose city was asked for (`paris`, `new york`), or a well-known one. */
function zoneLike(asked: string): string {
  const city = `/${asked.toLowerCase().replaceAll(' ', '_')}`;
  const found = Intl.supportedValuesOf('timeZone').find((zone) =>
    zone.toLowerCase().endsWith(city),
  );
  return found ?? 'Europe/Paris';
}

/** Built from parts, since the punctuation of a whole formatted date changes between versions of Node. */
function describe(format: Intl.DateTimeFormat, now: Date): string {
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
  const at = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  const offset = at('timeZoneName').replace('GMT', 'UTC');
  return (
    `${at('weekday')}, ${at('day')} ${at('month')} ${at('year')}, ` +
    `${at('hour')}:${at('minute')}:${at('second')} (${offset})`
  );
}
