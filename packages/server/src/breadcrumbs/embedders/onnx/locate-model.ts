import fs from 'node:fs/promises';
import path from 'node:path';
import type { EmbedderConfig } from '../config.ts';
import { EmbedderError } from '../contract.ts';
import type { ModelPorts } from '../embedding-model.ts';
import { downloadModel } from './download-model.ts';

/** A model on this machine. */
export interface LocatedModel {
  /** How it was asked for, for people and for the embedder's name: the hub's id, or the last part of the folder. */
  readonly label: string;
  readonly folder: string;
  /** The path of the model itself. */
  readonly model_file: string;
}

/** A model of the hub: `owner/name`, and a branch, tag or commit. */
const HUB_ID =
  /^(?<owner>[\w-][\w.-]*)\/(?<name>[\w-][\w.-]*?)(?:@(?<revision>[\w-][\w.-]*(?:\/[\w.-]+)?))?$/;
/** Where the encoder may be, the usual place of the hub first. */
export const MODEL_PLACES = ['onnx/model.onnx', 'model.onnx'] as const;

/**
 * Finds the configured model, a folder or a hub id, and downloads it when it is of the hub and not here yet.
 * @throws EmbedderError `not_configured`, or `unavailable` when the hub cannot be reached
 */
export async function locateModel(
  config: EmbedderConfig,
  ports: ModelPorts,
): Promise<LocatedModel> {
  const asked = config.onnx_model?.trim();
  if (!asked) {
    throw notConfigured(
      'The embedder "onnx" needs a model: a folder with tokenizer.json and model.onnx, or a hub id such as sentence-transformers/all-MiniLM-L6-v2.',
    );
  }
  const isFolder = await fs.stat(asked).then(
    (stat) => stat.isDirectory(),
    () => false,
  );
  if (isFolder) return inFolder(path.resolve(asked), path.basename(path.resolve(asked)));
  const { owner, name, revision = 'main' } = HUB_ID.exec(asked)?.groups ?? {};
  if (owner === undefined || name === undefined) {
    throw notConfigured(
      `The model "${asked}" is neither a folder that exists nor a hub id of the form owner/name or owner/name@revision.`,
    );
  }
  if (config.onnx_cache_folder === null) {
    throw notConfigured(
      `The model "${asked}" is of the hub, and there is no folder to keep it in. Set one, or download the model and name its folder.`,
    );
  }
  const folder = path.join(
    config.onnx_cache_folder,
    `${owner}--${name}--${revision.replaceAll('/', '--')}`,
  );
  const id = `${owner}/${name}`;
  const here = await inFolder(folder, id).catch(() => null);
  if (here) return here;
  await downloadModel({ id, revision, folder }, config, ports);
  return inFolder(folder, id);
}

async function inFolder(folder: string, label: string): Promise<LocatedModel> {
  await fs.access(path.join(folder, 'tokenizer.json')).catch(() => {
    throw notConfigured(`There is no tokenizer.json in ${folder}.`);
  });
  for (const place of MODEL_PLACES) {
    const model_file = path.join(folder, place);
    const stat = await fs.stat(model_file).catch(() => null);
    if (stat?.isFile()) return { label, folder, model_file };
  }
  throw notConfigured(`There is neither model.onnx nor onnx/model.onnx in ${folder}.`);
}

function notConfigured(message: string): EmbedderError {
  return new EmbedderError('not_configured', message);
}
