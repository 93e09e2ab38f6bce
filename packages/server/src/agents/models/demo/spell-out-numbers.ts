const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const SCALES: Readonly<Record<string, number>> = { thousand: 1e3, million: 1e6, billion: 1e9 };

const VALUES: ReadonlyMap<string, number> = new Map([
  ...SMALL.map((word, value): [string, number] => [word, value]),
  ...TENS.map((word, index): [string, number] => [word, (index + 2) * 10]),
]);
const WORD = [...VALUES.keys(), 'hundred', ...Object.keys(SCALES)].join('|');
const PHRASE = new RegExp(`\\b(?:${WORD})(?:(?:[ -]|\\s+and\\s+)(?:${WORD}))*\\b`, 'gi');

/** Writes numbers in words as digits: "twenty-five times two hundred" becomes "25 times 200". */
export function spellOutNumbers(text: string): string {
  return text.replace(PHRASE, (phrase) => {
    const words = phrase
      .toLowerCase()
      .split(/[\s-]+/)
      .filter((word) => word !== 'and');
    return String(valueOf(words));
  });
}

function valueOf(words: readonly string[]): number {
  let total = 0;
  let group = 0;
  for (const word of words) {
    const scale = SCALES[word];
    if (scale !== undefined) {
      total += (group || 1) * scale;
      group = 0;
    } else if (word === 'hundred') group = (group || 1) * 100;
    else group += VALUES.get(word) ?? 0;
  }
  return total + group;
}
