import { secureRandom, silentLog, systemClock } from '../../base/index.ts';
import type { EmbedderConfig } from './config.ts';
import type { Embedder } from './contract.ts';
import type { EmbedderPorts } from './embedding-model.ts';
import { guardModel } from './guard-model.ts';
import { EMBEDDERS } from './registry.ts';

/**
 * Opens the configured embedder. `lexical` and `provider` are there at once; `onnx` loads its model (a second or so)
 * and, at the first use of a hub model, downloads it (minutes): do not hold a start up for it.
 * @throws EmbedderError `not_configured`, `wrong_dimensions` or, when the hub cannot be reached, `unavailable`
 */
export async function createEmbedder(
  config: EmbedderConfig,
  ports: EmbedderPorts = {},
): Promise<Embedder> {
  const model = await EMBEDDERS[config.kind].open(config, {
    clock: ports.clock ?? systemClock,
    random: ports.random ?? secureRandom,
    log: ports.log ?? silentLog,
  });
  return guardModel(model, config.batch_size);
}
