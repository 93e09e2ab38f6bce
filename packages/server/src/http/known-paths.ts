/**
 * Which methods each path takes, so that a known path asked with another method can be told from a path that is not
 * known. Wildcards are left out: they stand for files, and any path would count as known.
 */
export class KnownPaths {
  readonly #methods = new Map<string, Set<string>>();
  readonly #patterns = new Map<string, RegExp>();

  /** `url` is the pattern of a route, such as `/breadcrumbs/:id/full`. */
  add(url: string, method: string | readonly string[]): void {
    if (url.includes('*')) return;
    const pattern = withoutTrailingSlash(url);
    const methods = this.#methods.get(pattern) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    this.#methods.set(pattern, methods);
    const segments = pattern
      .split('/')
      .map((segment) => (segment.startsWith(':') ? '[^/]+' : escapePattern(segment)));
    this.#patterns.set(pattern, new RegExp(`^${segments.join('/')}$`));
  }

  /** The methods of a path, sorted; none when no route has it. */
  methodsOf(path: string): string[] {
    const wanted = withoutTrailingSlash(path);
    const methods = [...this.#patterns].flatMap(([pattern, expression]) =>
      expression.test(wanted) ? [...(this.#methods.get(pattern) ?? [])] : [],
    );
    return [...new Set(methods)].toSorted();
  }
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
