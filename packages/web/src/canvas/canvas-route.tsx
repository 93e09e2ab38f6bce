import { useEffect } from 'react';
import { useTextSearch } from '../ui/use-text-search.ts';
import { CanvasPage } from './canvas-page.tsx';

/** The canvas, with its settings in the address. */
export function CanvasRoute() {
  const [search, change] = useTextSearch();
  useEffect(() => {
    document.title = 'Canvas · Cairn';
  }, []);
  return <CanvasPage search={search} onSearch={change} />;
}
