/**
 * The code that runs in a fresh context before the code of a tool, and gives it `console` and its context. It is handed
 * two functions of the host and answers with those by which the host speaks to it. Whatever the tool's code does to this
 * (replace `JSON`, say) it does to itself: everything that matters is checked on the other side.
 */
export const GUEST_PRELUDE = `(function (host, done) {
'use strict';
const { stringify, parse } = JSON;
const NativePromise = Promise, NativeError = Error, toText = String;
const { then } = Promise.prototype, { apply } = Reflect;
const waiting = { __proto__: null };

function textOf(thrown) {
  try {
    if (thrown instanceof NativeError) {
      const { name, message, stack } = thrown;
      const at = typeof stack === 'string' ? /\\(?(tool\\.js:\\d+)/.exec(stack) : null;
      return toText(name) + ': ' + toText(message) + (at ? ' (' + at[1] + ')' : '');
    }
    if (typeof thrown === 'string') return thrown;
    const json = stringify(thrown);
    return json === undefined ? typeof thrown : json;
  } catch {
    return 'something that cannot be shown';
  }
}

function call(name, args) {
  return new NativePromise((resolve, reject) => {
    const id = host(name, stringify(args));
    waiting[id] = { resolve, reject };
  });
}

function settle(id, is_error, json) {
  const { resolve, reject } = waiting[id];
  delete waiting[id];
  const value = parse(json);
  if (!is_error) return resolve(value);
  const error = new NativeError(value.message);
  error.code = value.code;
  reject(error);
}

const print = (...values) => {
  let line = '';
  for (let at = 0; at < values.length && at < 50; at++) {
    const value = values[at];
    line += (at === 0 ? '' : ' ') + (typeof value === 'string' ? value : textOf(value));
  }
  host('print', line);
};
globalThis.console = { log: print, info: print, warn: print, error: print, debug: print, trace: print };

function toResponse({ status, headers, body, is_truncated }) {
  return {
    status, headers, is_truncated, ok: status >= 200 && status < 300,
    text: async () => body,
    json: async () => parse(body),
  };
}

const ALIASES = { create: 'createBreadcrumb', update: 'updateBreadcrumb', delete: 'deleteBreadcrumb' };

function makeContext({ request, secrets, functions }) {
  const api = {};
  const context = {
    api, secrets, request,
    utils: { sleep: (ms) => call('sleep', [ms]), uuid: () => call('uuid', []) },
  };
  for (const name of functions) {
    if (name === 'fetch') {
      context.fetch = async (url, options) => toResponse(await call('fetch', [toText(url), options ?? {}]));
      continue;
    }
    api[name] = (...args) => call(name, args);
    if (ALIASES[name]) api[ALIASES[name]] = api[name];
  }
  return context;
}

function finish(value) {
  let json;
  try {
    json = stringify(value === undefined ? null : value);
  } catch (error) {
    return done('not_json', textOf(error));
  }
  if (typeof json !== 'string') return done('not_json', 'it is a ' + typeof value);
  done('ok', json);
}

function run(execute, input, setup) {
  let result;
  try {
    result = execute(parse(input), makeContext(parse(setup)));
  } catch (error) {
    return done('threw', textOf(error));
  }
  apply(then, NativePromise.resolve(result), [finish, (error) => done('threw', textOf(error))]);
}

return { run, settle };
})`;
