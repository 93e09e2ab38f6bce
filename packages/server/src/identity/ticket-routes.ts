import { Type } from 'typebox';
import type { HttpServer, Routes } from '../http/index.ts';
import type { Tickets } from './tickets.ts';

const Ticket = Type.Object({
  ticket: Type.String(),
  expires_in: Type.Integer({ description: 'Seconds' }),
});

/** Tickets for clients that cannot send a header with a stream, such as the browser's EventSource. */
export function ticketRoutes(tickets: Tickets): Routes {
  return (server: HttpServer) => {
    server.post(
      '/events/tickets',
      {
        config: { access: 'event.read' },
        schema: {
          summary: 'Get a ticket that opens one event stream',
          description: 'Use it once, within its time: `GET /events/stream?ticket=…`.',
          tags: ['events'],
          response: { 201: Ticket },
        },
      },
      async ({ principal }, reply) => reply.code(201).send(await tickets.issue(principal)),
    );
  };
}
