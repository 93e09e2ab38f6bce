import { createServer } from 'node:http';
import fs from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EMBEDDER_DEFAULTS, type EmbedderConfig } from '../config.ts';
import type { Embedder } from '../contract.ts';
import { createEmbedder } from '../create-embedder.ts';
import { describeEmbedder, dot, failure } from '../embedder.conformance.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tokenVector, VOCABULARY, writeTinyModel, type TinyModel } from '../testing/tiny-model.ts';
import { loadPackages } from './packages.ts';

const settings = (onnx_model: string, more: Partial<EmbedderConfig> = {}): EmbedderConfig => ({
  ...EMBEDDER_DEFAULTS,
  kind: 'onnx',
  onnx_model,
  ...more,
});

/** Runs with an embedder on a tiny model in a folder of its own. */
async function withModel(
  model: TinyModel,
  run: (embedder: Embedder) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder();
  await writeTinyModel(folder.path, model);
  const embedder = await createEmbedder(settings(folder.path));
  try {
    await run(embedder);
  } finally {
    await embedder.close();
  }
}

/** What the tiny model must make of tokens: the mean of their vectors at length 1, computed here in plain numbers. */
function expectedVector(tokens: readonly string[]): Float32Array {
  const sum = new Float64Array(384);
  for (const token of ['[CLS]', ...tokens, '[SEP]']) {
    tokenVector(VOCABULARY.indexOf(token)).forEach(
      (value, at) => (sum[at] = (sum[at] ?? 0) + value),
    );
  }
  const length = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => value / length);
}

function expectVector(actual: Float32Array | undefined, tokens: readonly string[]): void {
  const expected = expectedVector(tokens);
  expect(actual).toHaveLength(384);
  const farthest = Math.max(...expected.map((value, at) => Math.abs(value - (actual?.[at] ?? 9))));
  expect(farthest).toBeLessThan(1e-6);
}

describe('with the tokenizer and the runtime', () => {
  describeEmbedder({
    kind: 'onnx',
    async open() {
      const folder = await temporaryFolder();
      // A model that is opened again elsewhere has the same name: the folder's last part is in it.
      const model = path.join(folder.path, 'tiny');
      await writeTinyModel(model, { max_seq_length: 64 });
      const embedder = await createEmbedder(settings(model));
      return {
        embedder,
        async [Symbol.asyncDispose]() {
          await embedder.close();
          await folder[Symbol.asyncDispose]();
        },
      };
    },
  });

  describe('a model in a folder', () => {
    it('gives the mean of the tokens, without the padding of a shorter text in a batch', async () => {
      await withModel({}, async (embedder) => {
        const [long, short, cased] = await embedder.embed([
          'The cats sat on the mat',
          'sun',
          'RAIN 42',
        ]);
        expectVector(long, ['the', 'cat', '##s', 'sat', 'on', 'the', 'mat']);
        expectVector(short, ['sun']);
        expectVector(cased, ['rain', '4', '##2']);
      });
    });

    it('gives the first token where the model pools so', async () => {
      await withModel({ pooling: 'first' }, async (embedder) => {
        const [cat, dog] = await embedder.embed(['cat', 'the dog sat']);
        // The first token is [CLS] for both, and this model does not let tokens see each other.
        expect(dot(cat, dog)).toBeCloseTo(1, 6);
      });
    });

    it('cuts at the limit of the model and still ends with the closing token', async () => {
      await withModel({ max_seq_length: 6 }, async (embedder) => {
        const [vector] = await embedder.embed(['the cat sat on the mat']);
        expectVector(vector, ['the', 'cat', 'sat', 'on']);
      });
    });

    it('serves a model that asks for token types, and one in the folder "onnx"', async () => {
      await withModel({ has_token_types: true, place: 'onnx/model.onnx' }, async (embedder) => {
        expectVector((await embedder.embed(['dog']))[0], ['dog']);
      });
    });

    it('has another name when the model or its settings differ, and no path in it', async () => {
      const names: string[] = [];
      for (const model of [{}, {}, { max_seq_length: 8 }, { pooling: 'first' }] as const) {
        await using folder = await temporaryFolder();
        const home = path.join(folder.path, 'tiny');
        await writeTinyModel(home, model);
        const embedder = await createEmbedder(settings(home));
        names.push(embedder.name);
        await embedder.close();
      }
      expect(names[0]).toMatch(/^onnx:tiny:[0-9a-f]{12}$/);
      expect(names[1]).toBe(names[0]);
      expect(new Set(names).size).toBe(3);
    });
  });

  describe('a model that cannot serve', () => {
    const refusal = async (model: TinyModel, change?: (folder: string) => Promise<void>) => {
      await using folder = await temporaryFolder();
      await writeTinyModel(folder.path, model);
      await change?.(folder.path);
      return await failure(createEmbedder(settings(folder.path)));
    };

    it('says how wide the vectors of another model are', async () => {
      const error = await refusal({ width: 768 });
      expect(error.error_class).toBe('wrong_dimensions');
      expect(error.message).toMatch(/768 dimensions; search keeps 384/);
    });

    it('names what a model asks for that is not a sentence encoder', async () => {
      const error = await refusal({ strange_input: 'pixel_values' });
      expect(error.error_class).toBe('not_configured');
      expect(error.message).toContain('pixel_values');
    });

    it.each([
      ['garbage', 'not a model', /cannot be used/],
      ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid', /git lfs pull/],
    ])('refuses %s', async (_name, content, message) => {
      const error = await refusal({}, (folder) =>
        fs.writeFile(path.join(folder, 'model.onnx'), content),
      );
      expect(error.error_class).toBe('not_configured');
      expect(error.message).toMatch(message);
    });

    it('refuses a tokenizer that cannot be read', async () => {
      const error = await refusal({}, (folder) =>
        fs.writeFile(path.join(folder, 'tokenizer.json'), '{"model":{"type":"Sorcery"}}'),
      );
      expect(error.error_class).toBe('not_configured');
    });
  });

  describe('a model of the hub', () => {
    /** A hub that serves the files of a folder, in the way of the real one. */
    async function startHub(folder: string, fault?: (url: string) => number | 'cut' | null) {
      const urls: string[] = [];
      const server = createServer((request, response) => {
        const url = request.url ?? '';
        urls.push(url);
        const broken = fault?.(url) ?? null;
        if (broken === 'cut') {
          response.writeHead(200, { 'content-length': '100000' });
          response.write('half', () => response.destroy());
          return;
        }
        const place = /^\/acme\/tiny\/resolve\/(?:main|v2)\/(.+)$/.exec(url)?.[1];
        const content = fs.readFile(path.join(folder, place ?? 'nowhere'));
        void content.then(
          (bytes) => response.writeHead(broken ?? 200).end(bytes),
          () => response.writeHead(broken ?? 404).end('no such file'),
        );
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      return {
        url: `http://127.0.0.1:${port}`,
        urls,
        async [Symbol.asyncDispose]() {
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        },
      };
    }

    it('is downloaded once and then used from the cache', async () => {
      await using folder = await temporaryFolder();
      const cache = path.join(folder.path, 'cache');
      await writeTinyModel(path.join(folder.path, 'hub'), {
        place: 'onnx/model.onnx',
        max_seq_length: 6,
      });
      const hub = await startHub(path.join(folder.path, 'hub'));
      const config = settings('acme/tiny@v2', {
        onnx_cache_folder: cache,
        onnx_hub_url: hub.url,
      });
      const first = await createEmbedder(config);
      expectVector((await first.embed(['the cat sat on the mat']))[0], ['the', 'cat', 'sat', 'on']);
      expect(first.name).toMatch(/^onnx:acme\/tiny:[0-9a-f]{12}$/);
      await first.close();
      await hub[Symbol.asyncDispose]();
      const second = await createEmbedder(config);
      expect(second.name).toBe(first.name);
      await second.close();
      const left = await fs.readdir(cache, { recursive: true });
      expect(left.filter((file) => file.endsWith('.part'))).toEqual([]);
    });

    it('begins again after a download that broke off', async () => {
      await using folder = await temporaryFolder();
      await writeTinyModel(path.join(folder.path, 'hub'), { place: 'onnx/model.onnx' });
      let is_broken = true;
      await using hub = await startHub(path.join(folder.path, 'hub'), (url) =>
        is_broken && url.endsWith('onnx/model.onnx') ? 'cut' : null,
      );
      const config = settings('acme/tiny', {
        onnx_cache_folder: path.join(folder.path, 'cache'),
        onnx_hub_url: hub.url,
      });
      expect(await failure(createEmbedder(config))).toMatchObject({
        error_class: 'unavailable',
        is_retryable: true,
      });
      is_broken = false;
      const embedder = await createEmbedder(config);
      expectVector((await embedder.embed(['dog']))[0], ['dog']);
      await embedder.close();
    });

    it.each([
      ['does not have the model', 404, 'not_configured'],
      ['wants a key', 401, 'not_configured'],
      ['is down', 503, 'unavailable'],
    ] as const)('says so when the hub %s', async (_name, status, error_class) => {
      await using folder = await temporaryFolder();
      await using hub = await startHub(folder.path, () => status);
      const config = settings('acme/tiny', {
        onnx_cache_folder: path.join(folder.path, 'cache'),
        onnx_hub_url: hub.url,
      });
      expect(await failure(createEmbedder(config))).toMatchObject({ error_class });
    });
  });
});

describe('the onnx embedder without what it needs', () => {
  it('says what to install', async () => {
    await using folder = await temporaryFolder();
    await writeTinyModel(folder.path);
    const empty = path.join(folder.path, 'packages');
    const error = await failure(loadPackages(empty, []));
    expect(error.error_class).toBe('not_configured');
    const command = `npm install --prefix ${empty} @huggingface/tokenizers onnxruntime-web`;
    expect(error.message).toContain(`Type "${command}"`);
    const here = await failure(loadPackages(null, []));
    expect(here.message).toContain('Type "npm install --no-save @huggingface/tokenizers"');
  });

  it('says so when the tokenizer is there and no runtime is', async () => {
    await using folder = await temporaryFolder();
    const home = path.join(folder.path, 'node_modules/@huggingface/tokenizers');
    await fs.mkdir(home, { recursive: true });
    await fs.writeFile(path.join(home, 'index.js'), 'exports.Tokenizer = class {}');
    const error = await failure(loadPackages(folder.path, []));
    expect(error.message).toContain('needs the package onnxruntime-web');
  });

  it.each([
    ['no model', '', /needs a model/],
    ['a folder that is not there', '/no/such/folder', /neither a folder that exists nor a hub id/],
    ['a way out of the cache', '../escape', /neither a folder/],
    ['a hub id without a folder to keep it', 'acme/tiny', /no folder to keep it in/],
  ])('refuses %s', async (_name, model, message) => {
    const error = await failure(createEmbedder(settings(model)));
    expect(error.error_class).toBe('not_configured');
    expect(error.message).toMatch(message);
  });

  it('refuses a folder without a tokenizer or without a model', async () => {
    await using folder = await temporaryFolder();
    const bare = await failure(createEmbedder(settings(folder.path)));
    expect(bare.message).toMatch(/no tokenizer\.json/);
    await fs.writeFile(path.join(folder.path, 'tokenizer.json'), '{}');
    const half = await failure(createEmbedder(settings(folder.path)));
    expect(half.message).toMatch(/neither model\.onnx/);
  });
});
