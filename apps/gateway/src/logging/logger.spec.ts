import { jest } from '@jest/globals';
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

  it('shows no credential, even if no setting declares it as a secret', () => {
    const text = logged((logger) =>
      logger.info({ a: KEY, b: 'Authorization: Bearer abc.def-ghi_jkl', c: 'basic dXNlcjpwYXNz' }),
    );
    expect(text).not.toMatch(/abab|abc\.def|dXNl/);
  });

  it('is one readable line on a terminal', () => {
    const text = logged((logger) => logger.info({ connector: 'bank', why: 'two words' }, 'hello'), {
      pretty: true,
    });
    expect(text).toMatch(/^\d\d:\d\d:\d\d info {2}bank {2}hello why="two words"\n$/);
  });

  it('has no colours in a file, and ends each colour on a terminal', () => {
    const write = (logger: ReturnType<typeof createLogger>) => logger.warn({ connector: 'bank' }, 'hello');
    expect(logged(write, { pretty: true })).not.toContain('\u001b');
    expect(logged(write, { pretty: true, colors: true })).toMatch(
      /^\u001b\[2m[\d:]{8}\u001b\[0m \u001b\[33mwarn \u001b\[0m \u001b\[36mbank\u001b\[0m {2}hello\n$/,
    );
  });

  it('says nothing twice on a terminal', () => {
    const pull = {
      connector: 'bank',
      stream: 'accounts',
      records: 1,
      pages: 1,
      duration: 7,
      outcome: 'caught-up',
    };
    const order = { connector: 'bank', order: 'o-1', reference: 'invoice-1', kind: 'unavailable' };
    const text = logged(
      (logger) => {
        logger.info(pull, 'bank accounts: 1 record in 1 page, 1 new');
        logger.warn(order, 'bank: order o-1 (invoice-1): the order waits');
        logger.info(
          { request: 'r', method: 'GET', path: '/', status: 404, ms: 1.5, client: '::1' },
          'request',
        );
      },
      { pretty: true },
    );
    expect(text.replaceAll(/^\S+ /gm, '')).toBe(
      [
        'info  bank  accounts: 1 record in 1 page, 1 new',
        'warn  bank  order o-1 (invoice-1): the order waits kind=unavailable',
        'info  GET /: status 404 after 1.5 ms, for ::1',
        '',
      ].join('\n'),
    );
  });

  describe('on a terminal, with rejected records', () => {
    const issue = { connector: 'rough', stream: 'transactions', kind: 'refusal' };
    const pull = { connector: 'rough', stream: 'transactions', outcome: 'caught-up' };

    /** Collects the lines of the log without the time at their start. */
    function createTerminal() {
      const lines: string[] = [];
      const destination = { write: (line: string) => void lines.push(line.slice('hh:mm:ss '.length)) };
      return { lines, logger: createLogger({ destination, pretty: true }) };
    }

    it('counts them in the line of the pull, and shows the reason of a single one', () => {
      const { lines, logger } = createTerminal();
      for (const id of ['a', 'b', 'c']) logger.warn({ ...issue, id }, `refused ${id}: no amount`);
      logger.warn({ ...issue, kind: 'finding', id: 'd' }, 'found d: a gap');
      logger.warn({ ...issue, connector: 'bank', id: 'x' }, 'refused x: no amount');
      expect(lines).toEqual([]);
      logger.info(pull, 'rough transactions: 9 records in 1 page, 6 new, 3 rejected');
      logger.info(
        { ...pull, connector: 'bank' },
        'bank transactions: 2 records in 1 page, 1 new, 1 rejected',
      );
      expect(lines).toEqual([
        'warn  rough  transactions: 9 records in 1 page, 6 new, 3 rejected, 1 data warning; "tributary quarantine rough" shows the reasons\n',
        'warn  bank  transactions: refused x: no amount\n',
        'info  bank  transactions: 2 records in 1 page, 1 new, 1 rejected\n',
      ]);
    });

    it('says how many there are when a pull takes long', () => {
      jest.useFakeTimers();
      const { lines, logger } = createTerminal();
      for (const id of ['a', 'b']) logger.warn({ ...issue, id }, `refused ${id}: no amount`);
      logger.warn(
        { connector: 'rough', stream: 'transactions' },
        'more refusals and findings: see the quarantine',
      );
      jest.advanceTimersByTime(10_000);
      jest.useRealTimers();
      logger.info(pull, 'rough transactions: 9 records in 1 page, 9 new');
      expect(lines).toEqual([
        'warn  rough  transactions: at least 2 rejected records so far; "tributary quarantine rough" shows the reasons\n',
        'info  rough  transactions: 9 records in 1 page, 9 new\n',
      ]);
    });
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
