/** Loads the server. Only the commands that need it do so: it is large, and the others should start at once. */
export function loadServer(): Promise<typeof import('@cairn/server')> {
  return import('@cairn/server');
}
