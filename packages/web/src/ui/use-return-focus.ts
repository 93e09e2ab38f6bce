import { useState } from 'react';

/**
 * For windows that are opened without a trigger of their own: when they close, the focus goes back to where it was when
 * they opened, so that the keyboard goes on from there.
 */
export function useReturnFocus(): (event: Event) => void {
  const [opener] = useState(() => document.activeElement);
  return (event) => {
    event.preventDefault();
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  };
}
