import type { LanguageModel, streamText } from 'ai';
import type { ModelConfig } from './config.ts';

/** The provider specification of the `ai` SDK that our models implement. */
export type SdkLanguageModel = Extract<LanguageModel, { specificationVersion: 'v4' }>;
export type SdkCallOptions = Parameters<SdkLanguageModel['doStream']>[0];
export type SdkPrompt = SdkCallOptions['prompt'];
export type SdkStreamPart =
  Awaited<ReturnType<SdkLanguageModel['doStream']>>['stream'] extends ReadableStream<infer Part>
    ? Part
    : never;

type SdkProviderOptions = NonNullable<Parameters<typeof streamText>[0]['providerOptions']>;

/** What every file in `providers/` exports. */
export interface ModelProvider {
  /** Makes a model; nothing is sent yet. Called only when the registry says that the provider is configured. */
  createLanguageModel(config: ModelConfig, model_id: string): SdkLanguageModel;
  /** Settings that go with each request to this provider. */
  readonly provider_options?: SdkProviderOptions;
}
