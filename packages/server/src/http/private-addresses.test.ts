import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPrivateAddress } from './private-addresses.ts';

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet);
const dotted = (parts: readonly number[]) => parts.join('.');
const hex = (value: number) => value.toString(16);

describe('isPrivateAddress', () => {
  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '100.100.100.200',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '64:ff9b:0:0:0:1::1',
    '100::1',
    '2001::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:2::1',
    '2001:10::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    ':::',
  ])('holds for %s', (address) => expect(isPrivateAddress(address)).toBe(true));

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2001:4860:4860::8888',
    '2606:4700:4700::1111',
    '2a00:1450:4001:81b::200e',
    '::ffff:8.8.8.8',
    '::ffff:808:808',
    '64:ff9b::8.8.8.8',
  ])('does not hold for %s', (address) => expect(isPrivateAddress(address)).toBe(false));

  it('judges a mapped or NAT64 address as the IPv4 address in it, in every spelling', () => {
    fc.assert(
      fc.property(ipv4, ([a, b, c, d]) => {
        const plain = isPrivateAddress(dotted([a, b, c, d]));
        const groups = `${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
        for (const spelling of [
          `::ffff:${dotted([a, b, c, d])}`,
          `::FFFF:${groups}`,
          `0:0:0:0:0:ffff:${groups}`,
          `64:ff9b::${groups}`,
          `64:ff9b:0:0:0:0:${dotted([a, b, c, d])}`,
        ]) {
          expect([spelling, isPrivateAddress(spelling)]).toEqual([spelling, plain]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('holds for every IPv6 address outside of 2000::/3 that leads to no IPv4 address', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const [first = 0, second = 0] = groups;
        const is_public_range = first >> 13 === 1;
        if (is_public_range || (first === 0x64 && second === 0xff9b) || first === 0) return;
        expect(isPrivateAddress(groups.map(hex).join(':'))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
