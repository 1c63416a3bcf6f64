/**
 * Limits failed authentication attempts, with one token bucket per client address. Only a failed attempt consumes a token, and only
 * a failed attempt is rejected when the bucket is empty. Many connectors of one Formance installation share an address, so one
 * wrong key must not lock out the others.
 */
export interface FailureLimits {
  /** Capacity of a bucket: the number of failures in a row before the first 429. */
  burst: number;
  /** Tokens that a bucket regains per second. */
  perSecond: number;
  /** Maximum number of buckets. When it is exceeded, the bucket with the oldest failure is deleted. */
  addresses: number;
}

const DEFAULTS: FailureLimits = { burst: 60, perSecond: 1, addresses: 10_000 };

interface Bucket {
  tokens: number;
  /** Time at which `tokens` was computed, in milliseconds of the limiter's clock. */
  at: number;
}

/** Counts failed attempts per client address and says how long an address must wait. */
export class FailureLimiter {
  private readonly limits: FailureLimits;
  private readonly buckets = new Map<string, Bucket>();

  /** @param now returns the milliseconds of a monotonic clock */
  constructor(
    limits: Partial<FailureLimits> = {},
    private readonly now: () => number = () => performance.now(),
  ) {
    this.limits = { ...DEFAULTS, ...limits };
  }

  /**
   * Records a failed attempt.
   * @returns 0 while the address has attempts left, otherwise the seconds until the next attempt is allowed
   */
  fail(address: string): number {
    const group = addressGroup(address);
    const { burst, perSecond } = this.limits;
    const now = this.now();
    const { tokens, at } = this.buckets.get(group) ?? { tokens: burst, at: now };
    const available = Math.min(burst, tokens + ((now - at) / 1000) * perSecond);
    const left = available >= 1 ? available - 1 : available;
    this.remember(group, { tokens: left, at: now });
    return available >= 1 ? 0 : Math.ceil((1 - left) / perSecond);
  }

  private remember(group: string, bucket: Bucket): void {
    // The entry is deleted first. A Map keeps insertion order, so the oldest failure stays at the front.
    this.buckets.delete(group);
    this.buckets.set(group, bucket);
    if (this.buckets.size <= this.limits.addresses) return;
    const [oldest] = this.buckets.keys();
    if (oldest !== undefined) this.buckets.delete(oldest);
  }
}

/**
 * Returns the bucket key of an address: an IPv4 address itself, or the /64 prefix of an IPv6 address, e.g. `2001:db8:0:7::/64`.
 * One IPv6 subscriber has 2^64 addresses.
 */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  const groups = [...front, ...Array<string>(Math.max(0, zeros)).fill('0'), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
