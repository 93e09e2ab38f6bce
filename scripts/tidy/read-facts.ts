import { parseSync, Visitor, type ESTree } from 'vite';

/** An `import`, `export ... from`, `import()` or `import('...')` type. */
export interface ImportFact {
  specifier: string;
  line: number;
  /** The names taken, as the other module calls them; `*` for the whole module. */
  names: string[];
  /** Only types: gone at run time. */
  typeOnly: boolean;
}

/** A place in the text. */
export interface Place {
  text: string;
  line: number;
}

/** What the rules need to know of a source file, read in one pass over its syntax tree. */
export interface Facts {
  /** The parser's complaint, when the file cannot be parsed; the other lists are empty then. */
  error: Place | undefined;
  imports: ImportFact[];
  /** String literals and template literals, these with `$` for what they interpolate. */
  strings: Place[];
  /** Tags of tagged templates, and names of called methods, such as `selectFrom`. */
  tags: Place[];
  methods: Place[];
  /** Reads of the environment. */
  env: Place[];
  /** Reads of the machine's clock, timers and randomness. */
  ambient: Place[];
  functions: { line: number; lines: number }[];
  comments: Place[];
}

const AMBIENT_CALLS = new Set(['setTimeout', 'setInterval']);
const AMBIENT_METHODS = new Set([
  'Date.now',
  'Math.random',
  'globalThis.setTimeout',
  'globalThis.setInterval',
]);

/** Parses a TypeScript or JavaScript file and collects its facts. */
export function readFacts(path: string, text: string): Facts {
  const lineAt = lineCounter(text);
  const parsed = parseSync(path, text);
  const [error] = parsed.errors;
  const facts: Facts = {
    error: error && { text: error.message, line: lineAt(error.labels[0]?.start ?? 0) },
    imports: [],
    strings: [],
    tags: [],
    methods: [],
    env: [],
    ambient: [],
    functions: [],
    comments: parsed.comments.map(({ value, start }) => ({ text: value, line: lineAt(start) })),
  };
  if (!error)
    new Visitor({ ...importVisits(facts, lineAt), ...codeVisits(facts, lineAt) }).visit(
      parsed.program,
    );
  return facts;
}

type LineAt = (offset: number) => number;

function importVisits(facts: Facts, lineAt: LineAt) {
  const add = (
    source: ESTree.Expression | null,
    start: number,
    names: string[],
    typeOnly: boolean,
  ): void => {
    if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
    facts.imports.push({ specifier: source.value, line: lineAt(start), names, typeOnly });
  };
  const nameOf = (name: ESTree.ModuleExportName): string =>
    name.type === 'Literal' ? name.value : name.name;
  return {
    ImportDeclaration(node: ESTree.ImportDeclaration): void {
      const values = node.specifiers.filter(
        (each) => !('importKind' in each) || each.importKind !== 'type',
      );
      const names = values.map((each) =>
        each.type === 'ImportSpecifier' ? nameOf(each.imported) : '*',
      );
      const typeOnly =
        node.importKind === 'type' || (node.specifiers.length > 0 && names.length === 0);
      add(node.source, node.start, names, typeOnly);
    },
    ExportNamedDeclaration(node: ESTree.ExportNamedDeclaration): void {
      const values = node.specifiers.filter((each) => each.exportKind !== 'type');
      const typeOnly =
        node.exportKind === 'type' || (node.specifiers.length > 0 && values.length === 0);
      add(
        node.source,
        node.start,
        values.map((each) => nameOf(each.local)),
        typeOnly,
      );
    },
    ExportAllDeclaration(node: ESTree.ExportAllDeclaration): void {
      add(node.source, node.start, ['*'], node.exportKind === 'type');
    },
    ImportExpression(node: ESTree.ImportExpression): void {
      add(node.source, node.start, ['*'], false);
    },
    TSImportType(node: ESTree.TSImportType): void {
      add(node.source, node.start, [], true);
    },
  };
}

function codeVisits(facts: Facts, lineAt: LineAt) {
  const measure = (node: ESTree.Span): void => {
    const line = lineAt(node.start);
    facts.functions.push({ line, lines: lineAt(node.end - 1) - line + 1 });
  };
  const ambient = (text: string, start: number): void => {
    facts.ambient.push({ text, line: lineAt(start) });
  };
  return {
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
    Literal(node: ESTree.StringLiteral | { value: unknown; start: number }): void {
      if (typeof node.value === 'string')
        facts.strings.push({ text: node.value, line: lineAt(node.start) });
    },
    TemplateLiteral(node: ESTree.TemplateLiteral): void {
      facts.strings.push({
        text: node.quasis.map(({ value }) => value.raw).join('$'),
        line: lineAt(node.start),
      });
    },
    TaggedTemplateExpression(node: ESTree.TaggedTemplateExpression): void {
      const name = dotted(node.tag);
      if (name !== undefined) facts.tags.push({ text: name, line: lineAt(node.start) });
    },
    MemberExpression(node: ESTree.MemberExpression): void {
      if (dotted(node) === 'process.env')
        facts.env.push({ text: 'process.env', line: lineAt(node.start) });
    },
    CallExpression(node: ESTree.CallExpression): void {
      const name = dotted(node.callee);
      if (name === undefined) return;
      if (AMBIENT_CALLS.has(name) || AMBIENT_METHODS.has(name)) ambient(`${name}()`, node.start);
      if (name.includes('.'))
        facts.methods.push({ text: name.replace(/^.*\./, ''), line: lineAt(node.start) });
    },
    NewExpression(node: ESTree.NewExpression): void {
      if (dotted(node.callee) === 'Date' && node.arguments.length === 0)
        ambient('new Date()', node.start);
    },
  };
}

/** `a.b` for a member of a name; `.b` for a member of anything else; the name itself; undefined for other code. */
function dotted(node: ESTree.Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression') return undefined;
  const { object, property } = node;
  const name =
    property.type === 'Identifier' && !node.computed
      ? property.name
      : property.type === 'Literal' && typeof property.value === 'string'
        ? property.value
        : undefined;
  if (name === undefined) return undefined;
  return object.type === 'Identifier' ? `${object.name}.${name}` : `.${name}`;
}

/** Answers the line of an offset, counting from 1. */
function lineCounter(text: string): LineAt {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
