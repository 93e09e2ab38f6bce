import { ModelError, type ModelGateway } from '../agents/index.ts';
import { inSpan, type Tracing } from '../base/index.ts';

/** The same models, with a span for each call: which model, how many tokens, and how it ended. Never what was said. */
export function traceModels(models: ModelGateway, tracing: Tracing): ModelGateway {
  return {
    default_model: models.default_model,
    describe: () => models.describe(),
    call: (call) => {
      const attributes = {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': call.model,
        'cairn.messages': call.messages.length,
        'cairn.tools': call.tools.length,
      };
      return inSpan(tracing, 'chat', { kind: 'client', attributes }, async (span) => {
        try {
          const answer = await models.call(call);
          const { input_tokens, output_tokens } = answer.usage;
          span.set({
            'gen_ai.response.model': answer.model,
            'gen_ai.response.finish_reasons': answer.finish_reason,
            ...(input_tokens === null ? {} : { 'gen_ai.usage.input_tokens': input_tokens }),
            ...(output_tokens === null ? {} : { 'gen_ai.usage.output_tokens': output_tokens }),
          });
          return answer;
        } catch (error) {
          if (error instanceof ModelError) span.set({ 'cairn.error_class': error.error_class });
          throw error;
        }
      });
    },
  };
}
