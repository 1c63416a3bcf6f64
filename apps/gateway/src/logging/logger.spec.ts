import { createLogger, NestLogger, SecretRedactor, type LoggerOptions } from './index.js';

const KEY = `trb_${'ab'.repeat(32)}`;
const SECRETS = [
  'hunter2-hunter2',
  'quote"back\\slash',
  'line one\nline two',
  'hunter2',
  'pass word&more',
  'äöü-geheim',
];

function logged(
  write: (logger: ReturnType<typeof createLogger>) => void,
  options: LoggerOptions = {},
): string {
  let text = '';
  write(
    createLogger({ secrets: SECRETS, ...options, destination: { write: (line) => void (text += line) } }),
  );
  return text;
}

describe('the log', () => {
  it('is one JSON object a line', () => {
    const text = logged((logger) => {
      logger.info({ connector: 'bank' }, 'hello');
      logger.debug('not this');
      logger.warn('world');
    });
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), connector: 'bank', msg: 'hello' },
      { level: 'warn', time: expect.any(String), msg: 'world' },
    ]);
  });

  it.each(SECRETS)('never shows the secret %j', (secret) => {
    for (const pretty of [false, true]) {
      const text = logged(
        (logger) => {
          logger.info(secret);
          logger.info({ [secret]: secret, deep: [{ note: `before ${secret} after` }] }, 'message');
          logger.error({ err: new Error(`cannot use ${secret}`) }, 'failed');
          logger.info({ url: `https://psp.example/?q=${encodeURIComponent(secret)}` }, 'url');
          new NestLogger(logger).error(new Error(secret));
        },
        { pretty },
      );
      for (const spelling of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
        expect(text).not.toContain(spelling);
      }
      expect(text).toContain('before [redacted] after');
    }
  });

  it('shows no credential even when nobody said that it is one', () => {
    const text = logged((logger) =>
      logger.info({ a: KEY, b: 'Authorization: Bearer abc.def-ghi_jkl', c: 'basic dXNlcjpwYXNz' }),
    );
    expect(text).not.toMatch(/abab|abc\.def|dXNl/);
  });

  it('is one readable line on a terminal', () => {
    const text = logged((logger) => logger.info({ connector: 'bank', why: 'two words' }, 'hello'), {
      pretty: true,
    });
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}hello connector=bank why="two words"\n$/);
  });
});

describe('scrubbing', () => {
  it('leaves everything else as it is', () => {
    const scrubber = new SecretRedactor(['secret-one', 'abc']);
    expect(scrubber.redact('abc secret-on secret-One')).toBe('abc secret-on secret-One');
    expect(scrubber.redact('secret-onesecret-one!')).toBe('[redacted][redacted]!');
    expect(new SecretRedactor([]).redact('anything')).toBe('anything');
  });

  it('takes the longest of secrets that begin alike', () => {
    expect(
      new SecretRedactor(['long-secret', 'long-secret-that-goes-on']).redact('=long-secret-that-goes-on='),
    ).toBe('=[redacted]=');
  });
});
