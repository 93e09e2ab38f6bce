export { compose } from './compose.ts';
export { readConfig } from './config.ts';
