export { HTTP_SETTINGS } from './config.ts';
export {
  createGuardedFetch,
  OutboundError,
  readOutboundUrl,
  type GuardedFetch,
} from './guarded-fetch.ts';
export { createGuardedStream, type GuardedStream } from './guarded-stream.ts';
export { answerPageById, PAGE_QUERY, type PageById } from './page-by-id.ts';
export { decodeCursor, encodeCursor, linkNext, readIfMatch, readList } from './paging.ts';
export { toAsker, type Asker, type Principal } from './principal.ts';
export { createHttpServer, type HttpServer, type Routes } from './server.ts';
export { encodeFrame, SseConnection } from './sse.ts';
export { isLoopbackAddress, type TrustOptions } from './trust.ts';
