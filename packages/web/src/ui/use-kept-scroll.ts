import { useQueryClient } from '@tanstack/react-query';
import { useRouter, type RouterHistory } from '@tanstack/react-router';
import { useLayoutEffect, type RefObject } from 'react';

/** What a reader does to go elsewhere: then the place of before is not wanted any more. */
const HANDS = ['wheel', 'pointerdown', 'keydown', 'touchstart'] as const;

/**
 * Brings a box that scrolls back to where it was when this entry of the browser's history was left, as soon as there is
 * enough in it; gives what is to be told of its scrolling. The place is kept as long as the data of lists is, in their cache.
 */
export function useKeptScroll(box: RefObject<HTMLElement | null>): () => void {
  const cache = useQueryClient();
  const { history } = useRouter();
  useLayoutEffect(() => {
    const element = box.current;
    const content = element?.firstElementChild;
    const top = cache.getQueryData<number>(placeKey(history)) ?? 0;
    if (!element || !content || top <= 0) return;
    const observer = new ResizeObserver(() => {
      element.scrollTop = top;
      // What is not there yet may still be read.
      if (element.scrollTop >= top - 1) stop();
    });
    const stop = () => {
      observer.disconnect();
      for (const each of HANDS) element.removeEventListener(each, stop);
    };
    observer.observe(content);
    for (const each of HANDS) element.addEventListener(each, stop, { passive: true });
    return stop;
  }, [box, cache, history]);
  return () => {
    const element = box.current;
    if (element) cache.setQueryData(placeKey(history), element.scrollTop);
  };
}

function placeKey({ location }: RouterHistory): readonly unknown[] {
  return ['scroll', location.state.__TSR_key];
}
