import { ERROR_CODES, RUN_LIMITS } from '@cairn/protocol';
import type { HttpServer, Routes } from '../../http/index.ts';
import {
  decodeTraces,
  encodeTracesAnswer,
  encodeTracesError,
  OtlpError,
  type DecodedTraces,
  type OtlpEncoding,
} from '../otlp/index.ts';
import type { Ingest } from './ingest.ts';
import { unpackBody } from './unpack-body.ts';

const MEDIA_TYPES = ['application/json', 'application/x-protobuf', 'application/protobuf'];
/** Codes of gRPC, which refusals of OTLP have. */
const INVALID_ARGUMENT = 3;

/** `POST /v1/traces`, where exporters of OpenTelemetry send spans. */
export function tracesRoutes(ingest: Ingest): Routes {
  return async (server: HttpServer) => {
    server.addHook('preParsing', unpackBody(RUN_LIMITS.body_bytes));
    // The decoder wants the bytes, also those of JSON: numbers of 64 bits are in it.
    server.removeAllContentTypeParsers();
    server.addContentTypeParser(MEDIA_TYPES, { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    server.post(
      '/traces',
      {
        config: { access: 'run.write', open_in_dev: true },
        bodyLimit: RUN_LIMITS.body_bytes,
        schema: {
          summary: 'Take spans of OpenTelemetry (OTLP)',
          description:
            'An `ExportTraceServiceRequest` in protobuf or JSON. Each trace becomes a run, and each span a step of it.',
          tags: ['runs'],
          consumes: MEDIA_TYPES,
        },
      },
      async (request, reply) => {
        const type = request.headers['content-type'];
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        let decoded: DecodedTraces;
        try {
          decoded = decodeTraces(body, type);
        } catch (error) {
          if (!(error instanceof OtlpError)) throw error;
          const encoding: OtlpEncoding = type?.includes('json') ? 'json' : 'protobuf';
          const refusal = encodeTracesError(encoding, INVALID_ARGUMENT, error.message);
          const { status } = ERROR_CODES[error.code];
          return reply.code(status).type(refusal.content_type).send(refusal.body);
        }
        const { encoding, spans, rejected_spans, error_message } = decoded;
        const taken = await ingest.traces(request.principal.owner_id, spans);
        const answer = encodeTracesAnswer(
          encoding,
          rejected_spans + taken.rejected_spans,
          error_message || taken.message,
        );
        return reply.type(answer.content_type).send(answer.body);
      },
    );
  };
}
