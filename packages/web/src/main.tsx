import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './index.css';
import { createPageRouter } from './routes/router.tsx';
import { SessionGate } from './session/session-gate.tsx';
import { createThemeStore } from './theme/theme.ts';
import { ClockContext, createClock } from './ui/clock.ts';

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      // The client itself tries again what may be tried again; events keep what is loaded fresh.
      retry: false,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      // A server on this machine answers without any network.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

const router = createPageRouter({ theme: createThemeStore() });

const clock = createClock();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root"');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <ClockContext value={clock}>
        <SessionGate>
          <RouterProvider router={router} />
        </SessionGate>
      </ClockContext>
    </QueryClientProvider>
  </StrictMode>,
);

// Browsers have service workers on loopback and over HTTPS only; the page works without.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  navigator.serviceWorker.register('/sw.js').catch(() => undefined);
}
