import { isTest, isTooling, type Finding, type Rule, type SourceFile } from './source-tree.ts';

const SERVER = /^packages\/server\/src\//;
/** Stores, the database module, and the one policy: `can()` and the same rule as SQL stand side by side. */
const HOLDS_SQL =
  /^packages\/server\/src\/(db\/|identity\/policy\.ts$)|(^|\/)(store|[\w-]+-store)\.ts$|\.sql$/;
const MAY_READ_ENV = /^packages\/(server\/src\/(app\/|[^/]+$)|cli\/)/;
const MAX_FUNCTION_LINES = 90;
const MAX_FILE_LINES = 600;

/** Text that starts like a statement, in capitals or in small letters; a sentence starts with one capital and is none. */
const STATEMENTS = [
  'select\\s[^]*\\sfrom\\s',
  'select\\s+(pg_|set_config|1\\b|count\\()',
  'insert\\s+into\\s',
  'update\\s+[\\w."]+\\s[^]*\\bset\\s',
  'update\\s+[\\w."]+\\s+set\\s',
  'delete\\s+from\\s',
  '(create|alter|drop)\\s+(unique\\s+)?(table|index|schema|function|type|extension)\\b',
  'with\\s+(recursive\\s+)?\\w+\\s+as\\s*\\(',
];
const SQL_TEXT = new RegExp(
  STATEMENTS.flatMap((each) => [each, inCapitals(each)])
    .map((each) => `^\\s*(--.*\\n\\s*)*${each}`)
    .join('|'),
);
const QUERY_BUILDER = /^(selectFrom|insertInto|updateTable|deleteFrom|mergeInto)$/;

function inCapitals(pattern: string): string {
  return pattern.replace(/\\[a-z]|[a-z]+/g, (part) =>
    part.startsWith('\\') ? part : part.toUpperCase(),
  );
}

const product = (file: SourceFile): boolean => !isTest(file.path) && !isTooling(file.path);

/** Every code rule of this file, in the order in which they are reported. */
export const CODE_RULES: readonly Rule[] = [
  checkParses,
  checkSql,
  checkEnvironment,
  checkAmbient,
  checkSizes,
  checkLeftovers,
];

function checkParses(files: readonly SourceFile[]): Finding[] {
  return files.flatMap(({ path, facts }) =>
    facts?.error
      ? [
          {
            file: path,
            line: facts.error.line,
            message: `This file cannot be parsed: ${facts.error.text}`,
          },
        ]
      : [],
  );
}

function checkSql(files: readonly SourceFile[]): Finding[] {
  const advice =
    'SQL lives in store.ts, *-store.ts, db/ and migrations: move the query there and give it a name.';
  const suspects = files.filter(
    (file) => file.path.startsWith('packages/') && product(file) && !HOLDS_SQL.test(file.path),
  );
  return suspects.flatMap(({ path: file, facts }) => {
    const lines = new Set<number>();
    for (const { specifier, names, line } of facts?.imports ?? []) {
      if (
        /^kysely$|\/db\/index\.ts$/.test(specifier) &&
        names.some((name) => name === 'sql' || name === 'joinSql')
      )
        lines.add(line);
    }
    for (const { text, line } of facts?.strings ?? []) if (SQL_TEXT.test(text)) lines.add(line);
    for (const { text, line } of facts?.tags ?? []) if (text === 'sql') lines.add(line);
    for (const { text, line } of facts?.methods ?? [])
      if (QUERY_BUILDER.test(text)) lines.add(line);
    return [...lines].map((line) => ({ file, line, message: advice }));
  });
}

function checkEnvironment(files: readonly SourceFile[]): Finding[] {
  const advice =
    'Only packages/server/src/app, the cli and scripts read the environment: take the value from the configuration that was handed in.';
  const suspects = files.filter((file) => product(file) && !MAY_READ_ENV.test(file.path));
  return suspects.flatMap(({ path: file, facts }) => [
    ...(facts?.env ?? []).map(({ line }) => ({ file, line, message: advice })),
    ...(facts?.imports ?? [])
      .filter(
        ({ specifier, names }) => /^(node:)?process$/.test(specifier) && names.includes('env'),
      )
      .map(({ line }) => ({ file, line, message: advice })),
  ]);
}

function checkAmbient(files: readonly SourceFile[]): Finding[] {
  const suspects = files.filter(
    (file) =>
      SERVER.test(file.path) && product(file) && !file.path.startsWith('packages/server/src/base/'),
  );
  return suspects.flatMap(({ path: file, facts }) => {
    const timers = (facts?.imports ?? []).filter(
      ({ specifier, typeOnly }) => /^(node:)?timers(\/promises)?$/.test(specifier) && !typeOnly,
    );
    return [
      ...(facts?.ambient ?? []),
      ...timers.map(({ line, specifier }) => ({ text: specifier, line })),
    ].map(({ text, line }) => ({
      file,
      line,
      message: `${text}: time and randomness are handed in, so that tests can move them. Use the Clock of base (now, after, sleep).`,
    }));
  });
}

function checkSizes(files: readonly SourceFile[]): Finding[] {
  return files.flatMap(({ path: file, text, facts }) => {
    if (!facts) return [];
    const lines = text.split('\n').length - 1;
    const long = isTest(file)
      ? []
      : facts.functions.filter((each) => each.lines > MAX_FUNCTION_LINES);
    const findings = long.map((each) => ({
      file,
      line: each.line,
      message: `This function has ${each.lines} lines; ${MAX_FUNCTION_LINES} is the limit. Split it where its steps have names.`,
    }));
    if (lines <= MAX_FILE_LINES) return findings;
    const message = `This file has ${lines} lines; ${MAX_FILE_LINES} is the limit. Split it by concept.`;
    return [...findings, { file, line: 1, message }];
  });
}

/** Notes that somebody meant to come back to; in code they are looked for in comments only. */
const LEFTOVER = /\b(TODO|FIXME|XXX)\b/;

function checkLeftovers(files: readonly SourceFile[]): Finding[] {
  return files.flatMap(({ path: file, text, facts }) => {
    if (file.endsWith('.md')) return [];
    const places = facts
      ? facts.comments.flatMap((comment) =>
          comment.text
            .split('\n')
            .map((part, index) => ({ text: part, line: comment.line + index })),
        )
      : text.split('\n').map((part, index) => ({ text: part, line: index + 1 }));
    return places
      .filter((place) => LEFTOVER.test(place.text))
      .map(({ line }) => ({
        file,
        line,
        message:
          'A note for later is left in the code: do it now, or write it down as an issue and remove the note.',
      }));
  });
}
