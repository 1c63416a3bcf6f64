import { getRateLimitKey, FailureLimiter } from './index.js';

describe('the limit of failed attempts', () => {
  let clock = 0;
  const createLimiter = (limits: { maxAddresses?: number } = {}) => {
    clock = 1000;
    return new FailureLimiter({ burst: 3, refillPerSecond: 0.5, ...limits }, () => clock);
  };

  it('refuses an address after its burst, and says when it may try again', () => {
    const limit = createLimiter();
    expect([1, 2, 3].map(() => limit.recordFailure('192.0.2.1'))).toEqual([0, 0, 0]);
    expect(limit.recordFailure('192.0.2.1')).toBe(2);
    clock += 1500;
    expect(limit.recordFailure('192.0.2.1')).toBe(1);
    clock += 500;
    expect(limit.recordFailure('192.0.2.1')).toBe(0);
    expect(limit.recordFailure('192.0.2.1')).toBe(2);
  });

  it('gives no more than the burst back, however long it was quiet', () => {
    const limit = createLimiter();
    for (let i = 0; i < 10; i++) limit.recordFailure('192.0.2.1');
    clock += 3_600_000;
    expect([1, 2, 3, 4].map(() => limit.recordFailure('192.0.2.1') > 0)).toEqual([false, false, false, true]);
  });

  it('counts each address on its own', () => {
    const limit = createLimiter();
    for (let i = 0; i < 10; i++) limit.recordFailure('192.0.2.1');
    expect(limit.recordFailure('192.0.2.2')).toBe(0);
  });

  it('remembers a bounded number of addresses, and forgets the quietest first', () => {
    const limit = createLimiter({ maxAddresses: 100 });
    for (let i = 0; i < 3; i++) limit.recordFailure('192.0.2.1');
    for (let i = 0; i < 99; i++) limit.recordFailure(`198.51.100.${i}`);
    expect(limit.recordFailure('192.0.2.1')).toBeGreaterThan(0);
    for (let i = 0; i < 100; i++) limit.recordFailure(`203.0.113.${i}`);
    expect(limit.recordFailure('192.0.2.1')).toBe(0);
  });

  it('takes the addresses of one IPv6 subscriber for one', () => {
    expect(getRateLimitKey('2001:db8:0:7::1')).toBe(getRateLimitKey('2001:DB8::7:aaaa:bbbb:cccc:dddd'));
    expect(getRateLimitKey('2001:db8:0:7::1')).not.toBe(getRateLimitKey('2001:db8:0:8::1'));
    expect(getRateLimitKey('::1')).toBe('0:0:0:0::/64');
    expect(getRateLimitKey('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(getRateLimitKey('192.0.2.1')).toBe('192.0.2.1');
  });
});
