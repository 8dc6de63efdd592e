/** Finest and coarsest cell an endpoint takes (H3: about 36 km² and 1,770 km²). */
const FINEST = 6;
const COARSEST = 4;

/**
 * The cell that stands for a place: this is what leaves the house, never the coordinates.
 * @param latitude degrees, -90 to 90
 * @param longitude degrees, -180 to 180
 * @param resolution H3 resolution, 4 (about 1,770 km²) to 6 (about 36 km²)
 * @throws RangeError when one of them is out of range
 */
export function cellOf(latitude: number, longitude: number, resolution = FINEST): string {
  if (!(Math.abs(latitude) <= 90)) throw new RangeError('the latitude must be from -90 to 90 degrees');
  if (!(Math.abs(longitude) <= 180)) throw new RangeError('the longitude must be from -180 to 180 degrees');
  if (!(Number.isInteger(resolution) && resolution >= COARSEST && resolution <= FINEST)) {
    throw new RangeError(`the resolution must be ${COARSEST}, 5 or ${FINEST}`);
  }
  // Loaded when first used: a hub without a place never needs it.
  const { latLngToCell } = require('h3-js') as typeof import('h3-js');
  return latLngToCell(latitude, longitude, resolution);
}
