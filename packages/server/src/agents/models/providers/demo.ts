import { createDemoModel } from '../demo/demo-model.ts';
import type { ModelProvider } from '../language-model.ts';

/** The rule-based stand-in that needs no key. */
export const demo: ModelProvider = {
  createLanguageModel: ({ demo_word_ms }) => createDemoModel(demo_word_ms),
};
