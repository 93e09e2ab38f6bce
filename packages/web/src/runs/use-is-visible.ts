import { useEffect, useState, type RefObject } from 'react';

/** Whether an element is in view; true until that is known. */
export function useIsVisible(element: RefObject<HTMLElement | null>): boolean {
  const [is_visible, setVisible] = useState(true);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry !== undefined) setVisible(entry.isIntersecting);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return is_visible;
}
