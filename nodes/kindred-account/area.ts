export interface Coordinates {
  /** Degrees, -90 to 90. */
  latitude: number;
  /** Degrees, -180 to 180. */
  longitude: number;
}

/**
 * Coordinates as people type or paste them: `48.137, 11.575`, `48.137 11.575`, `48,137; 11,575`, `geo:48.137,11.575`,
 * `48.137° N, 11.575° E` or `48°8'14"N 11°34'30"E`.
 * @throws RangeError with what is expected
 */
export function parseCoordinates(text: string): Coordinates {
  const [latitude, longitude, ...more] = anglesIn(text.trim().replace(/^geo:/i, ''));
  if (
    latitude === undefined ||
    longitude === undefined ||
    more.length > 0 ||
    !(Math.abs(latitude) <= 90) ||
    !(Math.abs(longitude) <= 180)
  ) {
    throw new RangeError('expected latitude and longitude in degrees, for example 48.137, 11.575');
  }
  return { latitude, longitude };
}

function anglesIn(text: string): (number | undefined)[] {
  const decimalComma = /^\s*(-?\d+,\d+)\s*(?:;\s*|\s+)(-?\d+,\d+)\s*$/.exec(text);
  if (decimalComma) return decimalComma.slice(1).map((part) => Number(part.replace(',', '.')));
  const parts = /[;,]/.test(text) ? text.split(/[;,]/) : (text.match(/[^NSEWO]+[NSEW]/gi) ?? text.split(/\s+/));
  return parts.map(angle);
}

const ANGLE = /^([+-]?\d+(?:\.\d+)?)(?:°(?:(\d+(?:\.\d+)?)['′’])?(?:(\d+(?:\.\d+)?)["″”])?)?([NSEW])?$/i;

/** One angle in degrees, or degrees with minutes and seconds, and a compass letter; undefined when it is none. */
function angle(text: string): number | undefined {
  const match = ANGLE.exec(text.replace(/\s+/g, ''));
  if (!match) return undefined;
  const [, degrees = '', minutes = '0', seconds = '0', compass = ''] = match;
  const size = Math.abs(Number(degrees)) + Number(minutes) / 60 + Number(seconds) / 3600;
  return degrees.startsWith('-') || /[SW]/i.test(compass) ? -size : size;
}
