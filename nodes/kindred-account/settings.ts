import { EndpointError, type KindredClient, type Me, seldomMs } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';

/** Before the next try of what may pass in a moment, at most. */
const LONGEST_WAIT_MS = 60_000;

/** What the owner sets in the dialog and the endpoint is told of. */
export interface AccountSettings {
  /** The display name; empty leaves the endpoint's as it is. */
  name: string;
  visibility: 'nobody' | 'everyone';
  /** H3 cell, or empty for no area. */
  cell: string;
}

/**
 * Brings the endpoint's settings in line, asking for no more than what differs. Hiding goes first and alone, so that nothing
 * that is refused besides, such as a name, keeps somebody visible; a cell, which may be changed seldom only, last and alone.
 * @param known what the endpoint has
 * @throws EndpointError
 */
export async function syncSettings(client: KindredClient, settings: AccountSettings, known: Me): Promise<Me> {
  let me = known;
  const discoverable = settings.visibility === 'everyone';
  if (me.discoverable && !discoverable) me = await client.updateMe({ discoverable });
  const profile = {
    ...(settings.name && settings.name !== me.name ? { name: settings.name } : {}),
    ...(discoverable === me.discoverable ? {} : { discoverable }),
  };
  if (Object.keys(profile).length > 0) me = await client.updateMe(profile);
  const cell = settings.cell || null;
  return cell === me.cell ? me : await client.updateMe({ cell });
}

/** True when it was the area that was refused: what goes before it has been taken over. */
export function isAboutArea(error: unknown): boolean {
  const code = error instanceof EndpointError ? problemCode(error.type) : undefined;
  return code === 'cell-changed-recently' || code === 'bad-cell';
}

/** True when the same call may succeed later without anybody changing anything. */
export function isPassing(error: unknown): boolean {
  return error instanceof EndpointError && error.kind !== 'refused' && error.kind !== 'unauthorised';
}

/** True when the endpoint does not know the token: for good, or until its store is what it was. */
export function isTokenUnknown(error: unknown): boolean {
  return error instanceof EndpointError && error.kind === 'unauthorised';
}

/**
 * How long to wait before the settings are told again, with jitter, so that many hubs do not come back at the same moment.
 * @param tries that failed before this one
 * @returns milliseconds, or undefined when trying again is no use
 */
export function retryMs(problem: unknown, tries: number): number | undefined {
  const random = Math.random();
  if (isPassing(problem)) return 500 + random * Math.min(LONGEST_WAIT_MS, 1000 * 2 ** tries);
  if (isTokenUnknown(problem)) return seldomMs(random);
  // An area may be changed again in a week at the latest, and the endpoint says when.
  const seconds = isAboutArea(problem) ? (problem as EndpointError).retryAfterSeconds : undefined;
  return seconds === undefined ? undefined : 500 + 1000 * seconds * (1 + random / 100);
}
