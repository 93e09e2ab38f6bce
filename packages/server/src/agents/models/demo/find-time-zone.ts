/** Places that people name and the time-zone database does not. */
const PLACES: Readonly<Record<string, string>> = {
  beijing: 'Asia/Shanghai',
  boston: 'America/New_York',
  california: 'America/Los_Angeles',
  china: 'Asia/Shanghai',
  delhi: 'Asia/Kolkata',
  england: 'Europe/London',
  france: 'Europe/Paris',
  germany: 'Europe/Berlin',
  gmt: 'UTC',
  india: 'Asia/Kolkata',
  italy: 'Europe/Rome',
  japan: 'Asia/Tokyo',
  kyiv: 'Europe/Kyiv',
  miami: 'America/New_York',
  mumbai: 'Asia/Kolkata',
  munich: 'Europe/Berlin',
  'new delhi': 'Asia/Kolkata',
  'san francisco': 'America/Los_Angeles',
  seattle: 'America/Los_Angeles',
  spain: 'Europe/Madrid',
  uk: 'Europe/London',
  utc: 'UTC',
  washington: 'America/New_York',
};

/** The IANA time zone of a place, by its name or by the last part of a zone's name; null when unknown. */
export function findTimeZone(place: string): string | null {
  const words = place
    .trim()
    .toLowerCase()
    .replace(/[.'?!]+$/g, '')
    .split(/\s+/);
  // "new york right now": the longest beginning that names a place counts.
  for (let count = Math.min(words.length, 4); count > 0; count -= 1) {
    const name = words.slice(0, count).join(' ');
    const known = Object.hasOwn(PLACES, name) ? PLACES[name] : undefined;
    const zone = known ?? zoneNamed(name.replaceAll(' ', '_'));
    if (zone !== undefined) return zone;
  }
  return null;
}

function zoneNamed(name: string): string | undefined {
  return Intl.supportedValuesOf('timeZone').find((zone) => {
    const lower = zone.toLowerCase();
    return lower === name || lower.endsWith(`/${name}`);
  });
}
