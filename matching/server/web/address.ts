import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** `unknown`: of who hung up before the request was read, and of a proxy that comes over no network. */
export type AddressClass = 'loopback' | 'private' | 'public' | 'unknown';

const LOOPBACK = listOf(['127.0.0.0', 8], ['::1', 128]);
/** RFC 1918, link-local, shared by carriers (RFC 6598), unique local. */
const PRIVATE = listOf(
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
  ['fc00::', 7],
  ['fe80::', 10],
);

/**
 * Who asks. Behind a proxy it is the address that the proxy itself has seen, which it writes last, and not what a caller says
 * of the way before it.
 */
export function addressOf({ headers, socket }: IncomingMessage, behindProxy: boolean): string {
  const forwarded = behindProxy ? headers['x-forwarded-for'] : undefined;
  const hops = forwarded === undefined ? [] : String(forwarded).split(',');
  const last = hops.findLast((hop) => hop.trim() !== '')?.trim();
  return last === undefined ? (socket.remoteAddress ?? '') : withoutPort(last);
}

/** Some proxies write the port as well, which is another one for each connection: 192.0.2.7:50123, [2001:db8::7]:50123. */
function withoutPort(hop: string): string {
  const [, v6, v4] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(hop) ?? [];
  return v6 ?? v4 ?? hop;
}

/** Where an address is: on this machine, in a network at home or at work, or out in the Internet. */
export function addressClassOf(address: string): AddressClass {
  if (address === '') return 'unknown';
  const [ip = ''] = address.split('%');
  if (isIP(ip) === 0) return 'public';
  const family = isIP(ip) === 6 ? 'ipv6' : 'ipv4';
  if (LOOPBACK.check(ip, family)) return 'loopback';
  return PRIVATE.check(ip, family) ? 'private' : 'public';
}

function listOf(...subnets: [network: string, prefix: number][]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, isIP(network) === 6 ? 'ipv6' : 'ipv4');
  return list;
}
