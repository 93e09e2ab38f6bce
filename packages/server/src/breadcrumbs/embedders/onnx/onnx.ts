import type { EmbedderConfig } from '../config.ts';
import type { EmbeddingModel, ModelPorts } from '../embedding-model.ts';
import { EncoderThread } from './encoder-thread.ts';
import { locateModel } from './locate-model.ts';

/** Texts of one run: more only fill memory, as the time of a run grows with them. */
const BATCH_MAX = 64;
/** Characters that one token may stand for at most; words of a language have about four. */
const CHARS_PER_TOKEN = 16;

/**
 * A sentence encoder (MiniLM and its kin) on this machine, in a thread of its own. It compares meaning; texts do not
 * leave the machine. The packages it needs are loaded here and nowhere else.
 * @throws EmbedderError `not_configured`, `wrong_dimensions`, or `unavailable` when the hub cannot be reached
 */
export async function openOnnx(config: EmbedderConfig, ports: ModelPorts): Promise<EmbeddingModel> {
  const model = await locateModel(config, ports);
  const thread = new EncoderThread({ model, packages_folder: config.onnx_packages_folder });
  const { fingerprint, max_tokens } = await thread.start();
  return {
    name: `onnx:${model.label}:${fingerprint}`,
    sends_text_away: false,
    is_immediate: false,
    noise: -1,
    max_chars: max_tokens * CHARS_PER_TOKEN,
    max_batch: BATCH_MAX,
    embedBatch: (texts, signal) => thread.encode(texts, signal),
    close: () => thread.stop(),
  };
}
