/**
 * Templates in the syntax of Handlebars, as data: they are parsed and interpreted, never compiled to code, because
 * anyone who may write a record may write one. What is there: paths, `if`, `unless`, `each`, `with`, `else`, `../`,
 * `this`, `@index` and its kin, block parameters (`as |item index|`), comments and white-space control. What is not:
 * other helpers, sections without a helper (`{{#name}}`), partials, decorators, arguments by name.
 */
import { parse } from '@handlebars/parser';
import { HintError, VIEW_LIMITS } from './view-budget.ts';

/** A value that a template names or says. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: unknown }
  | {
      readonly kind: 'path';
      /** Values of the loop (`@index`) and not of the context. */
      readonly is_data: boolean;
      /** How many `../` stand before it. */
      readonly depth: number;
      /** Starts with `this` or `./`, so that it cannot mean a block parameter. */
      readonly is_scoped: boolean;
      readonly keys: readonly string[];
    };

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly of: Expression }
  | {
      readonly kind: 'if' | 'unless' | 'each' | 'with';
      readonly of: Expression;
      /** Names of the block parameters. */
      readonly names: readonly string[];
      readonly body: Template;
      readonly otherwise: Template;
    };

export type Template = readonly TemplateNode[];

/** What is read of the parser's syntax tree. */
interface ParserNode {
  readonly type: string;
  readonly value?: unknown;
  readonly original?: unknown;
  readonly path?: ParserNode;
  readonly params?: readonly ParserNode[];
  readonly hash?: object;
  readonly data?: boolean;
  readonly depth?: number;
  readonly parts?: readonly unknown[];
  readonly program?: ParserProgram;
  readonly inverse?: ParserProgram;
}

interface ParserProgram {
  readonly body: readonly ParserNode[];
  readonly blockParams?: readonly string[];
}

/**
 * Parses a template.
 * @throws HintError for a mistake in its syntax, and for what is not supported, by name.
 */
export function parseTemplate(text: string): Template {
  // The parser keeps its place for nested blocks on the stack, so they are counted before it is called.
  const blocks = text.match(/\{\{~?\s*(?:[#^]|else\b)/g)?.length ?? 0;
  if (blocks > VIEW_LIMITS.template_blocks) {
    throw new HintError(`has more than ${VIEW_LIMITS.template_blocks} blocks in a template`);
  }
  let program: ParserProgram;
  try {
    program = parse(text);
  } catch (error) {
    throw new HintError(`has a template that cannot be parsed, near ${lineOf(error)}`, {
      cause: error,
    });
  }
  return readProgram(program, 0);
}

/** Where the parser stopped; the rest of its message repeats the template. */
function lineOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return /line \d+|\d+:\d+/.exec(message)?.[0] ?? 'its beginning';
}

function readProgram(program: ParserProgram | undefined, depth: number): Template {
  if (depth > VIEW_LIMITS.depth) {
    throw new HintError(`has blocks nested deeper than ${VIEW_LIMITS.depth} levels`);
  }
  return (program?.body ?? []).flatMap((node) => readStatement(node, depth));
}

function readStatement(node: ParserNode, depth: number): TemplateNode[] {
  switch (node.type) {
    case 'ContentStatement':
      return node.value === '' ? [] : [{ kind: 'text', text: String(node.value) }];
    case 'CommentStatement':
      return [];
    case 'MustacheStatement':
      if (node.path?.type !== 'PathExpression' || hasArguments(node)) throw unsupported(node);
      return [{ kind: 'value', of: readExpression(node.path) }];
    case 'BlockStatement':
      return [readBlock(node, depth)];
    default:
      throw unsupported(node);
  }
}

function readBlock(node: ParserNode, depth: number): TemplateNode {
  const kind = node.path?.original;
  const [subject, ...others] = node.params ?? [];
  const is_known = kind === 'if' || kind === 'unless' || kind === 'each' || kind === 'with';
  if (!is_known || !subject || others.length > 0 || node.hash) throw unsupported(node);
  return {
    kind,
    of: readExpression(subject),
    names: node.program?.blockParams ?? [],
    body: readProgram(node.program, depth + 1),
    otherwise: readProgram(node.inverse, depth + 1),
  };
}

function hasArguments(node: ParserNode): boolean {
  return (node.params?.length ?? 0) > 0 || node.hash !== undefined;
}

function readExpression(node: ParserNode): Expression {
  switch (node.type) {
    case 'StringLiteral':
    case 'NumberLiteral':
    case 'BooleanLiteral':
      return { kind: 'literal', value: node.value };
    case 'NullLiteral':
    case 'UndefinedLiteral':
      return { kind: 'literal', value: null };
    case 'PathExpression': {
      const keys = (node.parts ?? []).filter((part) => typeof part === 'string');
      if (keys.length !== node.parts?.length) throw unsupported(node);
      return {
        kind: 'path',
        is_data: node.data ?? false,
        depth: node.depth ?? 0,
        is_scoped: /^(\.\/|this[./])/.test(String(node.original)),
        keys,
      };
    }
    default:
      throw unsupported(node);
  }
}

function unsupported(node: ParserNode): HintError {
  const name = node.path?.original ?? node.type;
  const shown = typeof name === 'string' ? name.slice(0, 50) : node.type;
  return new HintError(
    `uses ${JSON.stringify(shown)} in a template in a way that is not supported; there are paths, if, unless, each and with`,
  );
}
