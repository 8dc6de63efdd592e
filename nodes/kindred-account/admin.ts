import { cellOf, EndpointError, type Export, KindredClient } from '../../matching/client/index.js';
import { AmbiguousPlace, parseCoordinates } from './area.js';
import { AccountProblem } from './explain.js';

/** What the dialog sends; nothing of it can be trusted to be there. */
export type DialogRequest = Record<string, unknown>;

/** The deployed account that a dialog belongs to. */
export interface Deployed {
  url: string;
  token: string | undefined;
}

/** For a call from the dialog: somebody is waiting. */
const TIMEOUT_MS = 5000;
/** An export can be large. */
const EXPORT_TIMEOUT_MS = 60_000;

/** Cells of these H3 resolutions, and about how large they are in km². */
const SQUARE_KILOMETRES: Record<string, number> = { 4: 1770, 5: 250, 6: 36 };

/** An area from coordinates, or what is known of a saved one. The coordinates end here. @throws AccountProblem */
export function area({ coordinates, cell }: DialogRequest): { cell: string; squareKilometres: number } {
  const chosen = cell === undefined ? snap(coordinates) : cell;
  if (typeof chosen !== 'string' || !/^8[456][0-9a-f]{13}$/.test(chosen)) throw new AccountProblem('cell');
  return { cell: chosen, squareKilometres: SQUARE_KILOMETRES[chosen.charAt(1)] as number };
}

function snap(coordinates: unknown): string {
  try {
    const { latitude, longitude } = parseCoordinates(String(coordinates));
    return cellOf(latitude, longitude);
  } catch (error) {
    throw new AccountProblem(error instanceof AmbiguousPlace ? 'ambiguous-place' : 'coordinates');
  }
}

/** Joins the endpoint; the only answer that ever carries a token. @throws AccountProblem, EndpointError */
export async function createAccount(request: DialogRequest): Promise<{ token: string; name: string }> {
  const { url, name, visibility, cell, invitation } = request;
  if (typeof name !== 'string' || name.trim() === '') throw new AccountProblem('name');
  const { user, token } = await clientFor(url).createUser({
    name: name.trim(),
    discoverable: visibility === 'everyone',
    ...(cell ? { cell: area({ cell }).cell } : {}),
    ...(typeof invitation === 'string' && invitation.trim() ? { invitation: invitation.trim() } : {}),
  });
  return { token, name: user.name };
}

/** Asks the endpoint who the token belongs to. @throws AccountProblem, EndpointError */
export async function testAccount(request: DialogRequest, deployed: Deployed | undefined): Promise<{ name: string }> {
  const { name } = await (await ownClient(request, deployed)).me();
  return { name };
}

/** Everything that the endpoint has of the account. @throws AccountProblem, EndpointError */
export async function exportAccount(request: DialogRequest, deployed: Deployed | undefined): Promise<Export> {
  return await (await ownClient(request, deployed, EXPORT_TIMEOUT_MS)).exportMe();
}

/** Leaves the endpoint, with everything. @throws AccountProblem, EndpointError */
export async function leaveAccount(request: DialogRequest, deployed: Deployed | undefined): Promise<object> {
  await (await ownClient(request, deployed)).deleteMe();
  return {};
}

/**
 * A client with the token in the dialog. One that is saved on this hub is sent to its own address only, so that a changed
 * address cannot fetch it. @throws AccountProblem, EndpointError
 */
async function ownClient(
  { url, token }: DialogRequest,
  deployed: Deployed | undefined,
  timeoutMs = TIMEOUT_MS,
): Promise<KindredClient> {
  // Of what is no address at all, that is what there is to say.
  clientFor(url);
  const given = givenIn(token);
  if (given === undefined && deployed?.token && bare(deployed.url) !== bare(url)) {
    await findEndpoint(url);
    throw new AccountProblem('token-elsewhere', { home: deployed.url });
  }
  const own = given ?? deployed?.token;
  if (!own) throw new AccountProblem('no-token-yet');
  return clientFor(url, own, timeoutMs);
}

/** Whether what was tested is what runs. */
export function isAsDeployed({ url, token }: DialogRequest, deployed: Deployed | undefined): boolean {
  const isSame = (givenIn(token) ?? deployed?.token) === deployed?.token;
  return deployed?.token !== undefined && isSame && bare(deployed.url) === bare(url);
}

/** The token that a request brings; undefined when it is about the one that is saved. */
function givenIn(token: unknown): string | undefined {
  return typeof token === 'string' ? token.trim() : undefined;
}

/** An address without what makes no difference: a client asks at the same one with a slash at its end and without. */
function bare(url: unknown): string {
  return String(url).trim().replace(/\/+$/, '');
}

/** Whether there is one at all, asked without any token. @throws EndpointError when there is none */
async function findEndpoint(url: unknown): Promise<void> {
  try {
    await clientFor(url).me();
  } catch (error) {
    if (!(error instanceof EndpointError && error.kind === 'unauthorised')) throw error;
  }
}

function clientFor(url: unknown, token?: string, timeoutMs = TIMEOUT_MS): KindredClient {
  if (typeof url !== 'string') throw new AccountProblem('address');
  return new KindredClient({ url, timeoutMs, ...(token ? { token } : {}) });
}
