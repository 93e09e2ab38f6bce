import { ClockContext, createClock, createThemeStore } from '@cairn/web';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './panel.css';
import { Panel } from './panel-frame.tsx';
import { SessionGate } from './session/session-gate.tsx';
import { openPanelStorage, StorageContext } from './storage/panel-storage.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('panel.html has no element with the id "root"');
const theme = createThemeStore();
const clock = createClock();
const [storage, { id: window_id = chrome.windows.WINDOW_ID_NONE }] = await Promise.all([
  openPanelStorage(),
  chrome.windows.getCurrent(),
]);
createRoot(root).render(
  <StrictMode>
    <StorageContext value={storage}>
      <ClockContext value={clock}>
        <SessionGate window_id={window_id}>
          <Panel theme={theme} window_id={window_id} />
        </SessionGate>
      </ClockContext>
    </StorageContext>
  </StrictMode>,
);
