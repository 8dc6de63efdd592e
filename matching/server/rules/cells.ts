import {
  cellToCenterChild,
  cellToLatLng,
  cellToParent,
  getHexagonEdgeLengthAvg,
  getResolution,
  greatCircleDistance,
  gridDisk,
  isValidCell,
  UNITS,
} from 'h3-js';
import type { RadiusKm } from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import { keepNewest } from './newest.js';

/**
 * Where somebody is, as the endpoint knows it: an H3 cell of resolution 6 as a number of 25 bits (base cell and six digits).
 * Cells published coarser stand for their centre child. Everything about distance is decided between cells' centres.
 */
export type Home = number;

const FINE = 6;
const COARSE = 4;
/** The runs of the match index are keyed by codes: 0 is anywhere, others are a cell's or a region's. */
export const ANYWHERE = 0;
const FINE_CODES = 2 ** 26;
const COARSE_CODES = 2 ** 30;
/** Up to this radius the fine rows are read, beyond it the coarse ones: few cells either way. */
const FINE_UP_TO_KM = 10;
/** `nearby` when no radius was asked for. */
export const NEARBY_KM = 25;

/** @throws Refusal bad-cell */
export function homeOf(cell: string): Home {
  if (!isValidCell(cell)) throw new Refusal('bad-cell', 'The cell is no valid H3 index');
  const fine = getResolution(cell) < FINE ? cellToCenterChild(cell, FINE) : cell;
  return bitsOf(fine) >>> 3;
}

/** Base cell and the first seven digits of an index: 28 bits. */
function bitsOf(cell: string): number {
  return Number.parseInt(cell.slice(2, 9), 16);
}

function cellOfHome(home: Home): string {
  return `8${FINE}${((home << 3) | 7).toString(16).padStart(7, '0')}ffffff`;
}

/** The code of a home's own cell. */
export function cellCodeOf(home: Home): number {
  return FINE_CODES + home;
}

/** The code of the larger cell around it. */
export function regionCodeOf(home: Home): number {
  return COARSE_CODES + (home >>> 6);
}

/** Of the code of a cell, the code of the region that it lies in; any other code as it is. */
export function regionAround(code: number): number {
  return code >= FINE_CODES && code < COARSE_CODES ? regionCodeOf(code - FINE_CODES) : code;
}

/** Kilometres between the centres of two cells. */
export function cellDistanceKm(a: Home, b: Home): number {
  return a === b ? 0 : greatCircleDistance(centreOf(a), centreOf(b), UNITS.km);
}

const centres = new Map<Home, [number, number]>();
const MOST_CENTRES = 100_000;

/** Latitude and longitude in degrees. */
function centreOf(home: Home): [number, number] {
  const known = centres.get(home);
  if (known) return known;
  const centre = cellToLatLng(cellOfHome(home));
  centres.set(home, centre);
  keepNewest(centres, MOST_CENTRES);
  return centre;
}

/** No degree of latitude is shorter. */
const SHORTEST_DEGREE_KM = 110;

/** Whether two homes count as near; who has none is near nobody. */
export function isNearby(a: Home | null, b: Home | null, km: number): boolean {
  if (a === null || b === null) return false;
  if (Math.abs(centreOf(a)[0] - centreOf(b)[0]) * SHORTEST_DEGREE_KM > km) return false;
  return cellDistanceKm(a, b) <= km;
}

const covers = new Map<string, number[]>();
/** Three for each cell of a large country; some 20 MB. */
const MOST_COVERS = 65_536;

/** The codes of cells, or of regions, in which everybody within `km` of a home is; of regions also others are. */
export function coverOf(home: Home, km: RadiusKm): number[] {
  const key = `${home}/${km}`;
  const known = covers.get(key);
  if (known) return known;
  const cover = km <= FINE_UP_TO_KM ? fineCover(home, km) : coarseCover(home, km);
  covers.set(key, cover);
  keepNewest(covers, MOST_COVERS);
  return cover;
}

function fineCover(home: Home, km: number): number[] {
  const homes = gridDisk(cellOfHome(home), ringsFor(km, FINE)).map((cell) => bitsOf(cell) >>> 3);
  const near = homes.filter((other) => cellDistanceKm(home, other) <= km);
  return near.map(cellCodeOf);
}

/**
 * The centre of a resolution 6 cell is at most 0.9 average edges of resolution 4 from its grandparent's centre;
 * with the grid's distortion 1.25 edges are safe.
 */
function coarseCover(home: Home, km: number): number[] {
  const cell = cellOfHome(home);
  const reach = km + 1.25 * getHexagonEdgeLengthAvg(COARSE, UNITS.km);
  const disk = gridDisk(
    cellToParent(cell, COARSE),
    ringsFor(reach + 1.25 * getHexagonEdgeLengthAvg(COARSE, UNITS.km), COARSE),
  );
  const centre = cellToLatLng(cell);
  const near = disk.filter((other) => greatCircleDistance(centre, cellToLatLng(other), UNITS.km) <= reach);
  return near.map((other) => regionCodeOf(bitsOf(other) >>> 3));
}

/** Rings that hold every cell whose centre is within `km`: rings are 1.5 edges apart, the shortest edges 0.75 of the average. */
function ringsFor(km: number, resolution: number): number {
  return Math.ceil(km / (1.5 * 0.75 * getHexagonEdgeLengthAvg(resolution, UNITS.km)));
}
