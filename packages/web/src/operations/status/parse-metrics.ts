/** One line of what Prometheus reads. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A name, perhaps labels in braces, a value, perhaps a time. */
const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?[ \t]+([^ \t]+)(?:[ \t]+-?\d+)?[ \t]*$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const NUMBERS: Readonly<Record<string, number>> = {
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
  NaN: Number.NaN,
};

/** Reads the text format of Prometheus. Comments, and lines that it does not understand, are left out. */
export function parseMetrics(text: string): readonly MetricSample[] {
  return text.split('\n').flatMap((line): MetricSample[] => {
    const found = line.startsWith('#') ? null : LINE.exec(line.trimEnd());
    const [, name, labels = '', written = ''] = found ?? [];
    if (name === undefined) return [];
    const value = NUMBERS[written] ?? Number(written);
    if (Number.isNaN(value) && written !== 'NaN') return [];
    return [{ name, labels: readLabels(labels), value }];
  });
}

function readLabels(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(LABEL)].map(([, name = '', value = '']) => [
      name,
      value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    ]),
  );
}
