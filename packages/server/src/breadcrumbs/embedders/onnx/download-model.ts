import fs from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../../base/index.ts';
import type { EmbedderConfig } from '../config.ts';
import { EmbedderError } from '../contract.ts';
import type { ModelPorts } from '../embedding-model.ts';

const HUB_URL = 'https://huggingface.co';
/** Largest file that is taken: an encoder of 384 dimensions has a tenth of it. */
const FILE_BYTES_MAX = 2 * 1_024 ** 3;
/** What says how the model is meant to be used; not every model has all of it. */
const OPTIONAL_FILES = [
  'tokenizer_config.json',
  'sentence_bert_config.json',
  '1_Pooling/config.json',
];

interface HubModel {
  readonly id: string;
  readonly revision: string;
  /** Where it is kept. */
  readonly folder: string;
}

/**
 * Downloads a model of the hub. Each file appears under its name when it is whole, and the model itself comes last: a
 * download that broke off is begun again.
 * @throws EmbedderError `not_configured` when the hub does not have it, `unavailable` when the hub cannot be reached
 */
export async function downloadModel(
  model: HubModel,
  config: EmbedderConfig,
  ports: ModelPorts,
): Promise<void> {
  const { id, revision, folder } = model;
  ports.log.info({ model: id, revision, folder }, 'The model of the embedder is being downloaded.');
  const base = `${config.onnx_hub_url ?? HUB_URL}/${id}/resolve/${revision}`;
  const fetchFile = (place: string, as = place) =>
    download(`${base}/${place}`, path.join(folder, as), config.timeout_ms, ports);

  if (!(await fetchFile('tokenizer.json'))) {
    throw new EmbedderError(
      'not_configured',
      `The hub has no ${id} (${revision}) with a tokenizer.json that may be downloaded without a key.`,
    );
  }
  for (const place of OPTIONAL_FILES) await fetchFile(place);
  if ((await fetchFile('onnx/model.onnx')) || (await fetchFile('model.onnx'))) {
    ports.log.info({ model: id, revision }, 'The model of the embedder is here.');
    return;
  }
  throw new EmbedderError(
    'not_configured',
    `The hub's ${id} (${revision}) has no onnx/model.onnx. Choose a model that was exported to ONNX.`,
  );
}

/** Downloads one file; false when the hub does not have it. */
async function download(
  url: string,
  file: string,
  timeout_ms: number,
  ports: ModelPorts,
): Promise<boolean> {
  const part = `${file}.${Math.trunc(ports.random() * 1e9).toString(36)}.part`;
  const silence = new AbortController();
  let cancel = ports.clock.after(timeout_ms, () => silence.abort());
  try {
    const response = await fetch(url, { signal: silence.signal });
    if (response.status === 404 || response.status === 401 || response.status === 403) {
      await response.body?.cancel();
      return false;
    }
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await using target = await fs.open(part, 'w');
    let bytes = 0;
    for await (const piece of response.body ?? []) {
      cancel();
      cancel = ports.clock.after(timeout_ms, () => silence.abort());
      bytes += piece.length;
      if (bytes > FILE_BYTES_MAX) throw new Error(`more than ${FILE_BYTES_MAX} bytes`);
      await target.writeFile(piece);
    }
    await target.sync();
    await fs.rename(part, file);
    return true;
  } catch (error) {
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const said = silence.signal.aborted ? `silent for ${timeout_ms} ms` : messageOf(reason);
    throw new EmbedderError(
      'unavailable',
      `${url} could not be downloaded: ${said}. Where this machine may not reach the hub, download the model elsewhere and name its folder.`,
    );
  } finally {
    cancel();
    await fs.rm(part, { force: true });
  }
}
