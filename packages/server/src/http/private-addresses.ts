import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * IPv4 ranges that are not the public internet: this machine, private and shared networks, link-local with the metadata
 * services of clouds, documentation, benchmarks, multicast and reserved; and one public address of Azure's own.
 */
const IPV4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Of IPv6 only 2000::/3 is the public internet, without these: tunnels, benchmarks and documentation in it. */
const IPV6_PUBLIC: [string, number] = ['2000::', 3];
const IPV6_EXCEPT: readonly [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const ipv4 = listOf(IPV4, 'ipv4');
const ipv6_public = listOf([IPV6_PUBLIC], 'ipv6');
const ipv6_except = listOf(IPV6_EXCEPT, 'ipv6');

function listOf(ranges: readonly [string, number][], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, bits] of ranges) list.addSubnet(network, bits, family);
  return list;
}

/**
 * Whether an address, as a socket or a name server gives it, lies anywhere but in the public internet. What is no
 * address at all counts as private.
 */
export function isPrivateAddress(address: string): boolean {
  const [plain = ''] = address.split('%');
  if (isIPv4(plain)) return ipv4.check(plain, 'ipv4');
  if (!isIPv6(plain)) return true;
  const inner = innerIpv4(plain);
  if (inner !== null) return ipv4.check(inner, 'ipv4');
  return !ipv6_public.check(plain, 'ipv6') || ipv6_except.check(plain, 'ipv6');
}

/** The IPv4 address that a mapped (`::ffff:0:0/96`) or NAT64 (`64:ff9b::/96`) address leads to. */
function innerIpv4(address: string): string | null {
  const groups = expand(address);
  const head = groups.slice(0, 6).join();
  if (head !== '0,0,0,0,0,65535' && head !== '100,65435,0,0,0,0') return null;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups of an IPv6 address. */
function expand(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const [front, back] = [groupsOf(head), groupsOf(tail ?? '')];
  if (tail === undefined) return front;
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
}

function groupsOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
