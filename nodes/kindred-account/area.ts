interface Coordinates {
  /** Degrees, -90 to 90. */
  latitude: number;
  /** Degrees, -180 to 180. */
  longitude: number;
}

/**
 * Coordinates as people type or paste them: `48.137, 11.575`, `48.137 11.575`, `48,137; 11,575`, `geo:48.137,11.575`,
 * `48.137° N, 11.575° E` or `48°8'14"N 11°34'30"E`. With compass letters the longitude may come first.
 * @throws AmbiguousPlace for `48,137`; RangeError with what is expected
 */
export function parseCoordinates(text: string): Coordinates {
  const plain = plainSigns(text).trim();
  if (/^[+-]?\d+,\d+$/.test(plain)) throw new AmbiguousPlace();
  const angles = anglesIn(plain.replace(/^geo:/i, ''));
  const isTurned =
    angles.length === 2 && /[EW]/.test(angles[0]?.compass ?? '') && /[NS]/.test(angles[1]?.compass ?? '');
  const [latitude, longitude, ...more] = isTurned ? angles.reverse() : angles;
  if (!latitude || !longitude || more.length > 0 || !isWithin(latitude, 90, 'NS') || !isWithin(longitude, 180, 'EW')) {
    throw new RangeError('expected latitude and longitude in degrees, for example 48.137, 11.575');
  }
  return { latitude: latitude.degrees, longitude: longitude.degrees };
}

/**
 * With the comma and the semicolon that input methods for Chinese type, and the minus that is set in print, as those of a
 * keyboard. Not NFKC, which would make two signs for minutes of one for seconds.
 */
function plainSigns(text: string): string {
  return text.replaceAll('\uff0c', ',').replaceAll('\uff1b', ';').replaceAll('\u2212', '-');
}

/** It can be one number with a decimal comma, or two whole ones. */
export class AmbiguousPlace extends RangeError {
  constructor() {
    super('this can be one number with a decimal comma, or two whole ones: write 48.137, 11.575 or 48,137; 11,575');
  }
}

interface Angle {
  degrees: number;
  /** N, S, E, W or nothing. */
  compass: string;
}

function isWithin({ degrees, compass }: Angle, most: number, directions: string): boolean {
  return Math.abs(degrees) <= most && directions.includes(compass);
}

function anglesIn(text: string): (Angle | undefined)[] {
  const decimalComma = /^\s*(-?\d+,\d+)\s*(?:;\s*|\s+)(-?\d+,\d+)\s*$/.exec(text);
  if (decimalComma) return decimalComma.slice(1).map((part) => angle(part.replace(',', '.')));
  const parts = /[;,]/.test(text) ? text.split(/[;,]/) : (text.match(/[^NSEWO]+[NSEW]/gi) ?? text.split(/\s+/));
  return parts.map(angle);
}

const ANGLE = /^([+-]?\d+(?:\.\d+)?)(?:°(?:(\d+(?:\.\d+)?)['′’])?(?:(\d+(?:\.\d+)?)["″”])?)?([NSEW])?$/i;

/** One angle in degrees, or degrees with minutes and seconds, and a compass letter; undefined when it is none. */
function angle(text: string): Angle | undefined {
  // What is two numbers must not become one.
  if (/\d\s+[\d.]/.test(text)) return undefined;
  const match = ANGLE.exec(text.replace(/\s+/g, ''));
  if (!match) return undefined;
  const [, degrees = '', minutes = '0', seconds = '0', compass = ''] = match;
  const size = Math.abs(Number(degrees)) + Number(minutes) / 60 + Number(seconds) / 3600;
  const isBack = degrees.startsWith('-') || /[SW]/i.test(compass);
  return { degrees: isBack ? -size : size, compass: compass.toUpperCase() };
}
