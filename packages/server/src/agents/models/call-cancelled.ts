import { ModelError } from './contract.ts';

/** The error of a call that its caller stopped. */
export function callCancelled(): ModelError {
  return new ModelError('cancelled', 'The model call was stopped.');
}
