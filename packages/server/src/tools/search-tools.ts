import { Type } from 'typebox';

/** What a tool is found by. */
export interface SearchedTool {
  readonly name: string;
  readonly description: string;
}

/** What a tool is for stands at the beginning of its description. */
const SEARCHED_CHARS = 1_000;
/** Tools that one search answers with. */
const FOUND_MAX = 8;
/** A word of the name says more about a tool than one of its description. */
const WEIGHTS = { name: 4, description: 1 } as const;

/** The tool by which a model finds others. It is offered instead of a list that is too long. */
export const TOOL_SEARCH = {
  name: 'tool_search',
  description:
    'Finds tools by what they do. You have more tools than are listed here: describe in a few words what you want to do, and the tools found can be called from your next step on. Example: {"query": "create an issue"}.',
  input_schema: Type.Object(
    {
      query: Type.String({ minLength: 1, maxLength: 400, description: 'What the tool should do' }),
    },
    { additionalProperties: false },
  ),
} as const;

/**
 * The tools that a query means, best first: by words that its name and description share with it, rare ones counting
 * for more. A word also finds those that it begins. A name that is given whole comes first.
 */
export function searchTools<T extends SearchedTool>(
  tools: readonly T[],
  query: string,
  limit = FOUND_MAX,
): T[] {
  const wanted = [...new Set(wordsOf(query))];
  const texts = tools.map(({ name, description }) => ({
    name: wordsOf(name),
    description: wordsOf(description.slice(0, SEARCHED_CHARS)),
  }));
  const rarity = wanted.map((word) => {
    const count = texts.filter(
      (text) => has(text.name, word) || has(text.description, word),
    ).length;
    return Math.log(1 + tools.length / (1 + count));
  });
  const scored = tools.map((tool, at) => {
    const { name = [], description = [] } = texts[at] ?? {};
    const score = wanted.reduce((sum, word, place) => {
      const weight =
        (has(name, word) ? WEIGHTS.name : 0) + (has(description, word) ? WEIGHTS.description : 0);
      return sum + weight * (rarity[place] ?? 0);
    }, 0);
    return { tool, score: tool.name === query.trim() ? Number.POSITIVE_INFINITY : score };
  });
  return scored
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || (a.tool.name < b.tool.name ? -1 : 1))
    .slice(0, limit)
    .map(({ tool }) => tool);
}

/** What an agent is offered in a step. */
export interface NarrowedTools<T> {
  readonly tools: readonly T[];
  /** Whether `tool_search` is to be offered beside them. */
  readonly is_searched: boolean;
}

/**
 * Which of its tools an agent is offered: all while they are few. Of more, those that its definition names or that are
 * `always` offered, and those that its searches found, newest first, up to `offered_max`. `found` is read from the
 * recorded steps of the run, so whoever takes it over offers the same.
 */
export function narrowTools<T extends SearchedTool>(
  all: readonly T[],
  {
    found,
    always,
    offered_max,
  }: { found: readonly string[]; always: ReadonlySet<string>; offered_max: number },
): NarrowedTools<T> {
  if (all.length <= offered_max) return { tools: all, is_searched: false };
  const by_name = new Map(all.map((tool) => [tool.name, tool]));
  const names = [...new Set([...found.toReversed(), ...[...always].toSorted()])];
  const tools = names.flatMap((name) => by_name.get(name) ?? []).slice(0, offered_max);
  return { tools, is_searched: true };
}

/** The answer of `tool_search`, to be recorded with the step; `names` is what `narrowTools` takes as `found`. */
export function answerToolSearch<T extends SearchedTool>(
  all: readonly T[],
  input: unknown,
): { readonly tools: readonly SearchedTool[]; readonly note: string } {
  const { query } = (typeof input === 'object' && input !== null ? input : {}) as {
    query?: unknown;
  };
  const found = typeof query === 'string' ? searchTools(all, query.slice(0, 400)) : [];
  const note =
    found.length > 0
      ? 'You can call these tools now.'
      : 'No tool fits; try other words, such as the name of the service or the kind of thing.';
  return {
    tools: found.map(({ name, description }) => ({ name, description: description.slice(0, 300) })),
    note,
  };
}

/** The names in recorded answers of `tool_search`, oldest first. */
export function namesFound(outputs: readonly unknown[]): string[] {
  return outputs.flatMap((output) => {
    const { tools } = (typeof output === 'object' && output !== null ? output : {}) as {
      tools?: unknown;
    };
    if (!Array.isArray(tools)) return [];
    return tools.flatMap((tool: unknown) => {
      const { name } = (typeof tool === 'object' && tool !== null ? tool : {}) as {
        name?: unknown;
      };
      return typeof name === 'string' ? [name] : [];
    });
  });
}

/** Words in lower case; `createIssue`, `create_issue` and `create-issue` are two each. */
function wordsOf(text: string): string[] {
  const apart = text.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return apart.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Whether a word stands there, or, of three letters and more, one that begins with it or with which it begins. */
function has(words: readonly string[], word: string): boolean {
  return words.some((each) => {
    if (each === word) return true;
    const shorter = Math.min(each.length, word.length);
    return shorter >= 3 && (each.startsWith(word) || word.startsWith(each));
  });
}
