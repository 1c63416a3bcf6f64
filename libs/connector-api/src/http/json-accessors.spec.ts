import { parseMoney, InvalidRecordError } from '../index.js';
import { Json, JsonNumber, toPlainDecimal } from './index.js';

describe('Json', () => {
  it('keeps every digit of a number', () => {
    const json = Json.parse(
      '{"balance": 12345678901234567.89, "rate": 1.10, "tiny": 1e-7, "large": 1.5E3, "text": "-0.30"}',
    );
    expect(json.decimal('balance')).toBe('12345678901234567.89');
    expect(json.decimal('rate')).toBe('1.10');
    expect(json.decimal('tiny')).toBe('0.0000001');
    expect(json.decimal('large')).toBe('1500');
    expect(parseMoney(json.decimal('text'), 'EUR')).toEqual({ amount: -30n, asset: 'EUR/2' });
    expect(json.toJsonString()).toBe(
      '{"balance":12345678901234567.89,"rate":1.10,"tiny":1e-7,"large":1.5E3,"text":"-0.30"}',
    );
  });

  it.each([
    ['-12.50', '-12.50'],
    ['1e0', '1'],
    ['-2E-2', '-0.02'],
    ['12.345e1', '123.45'],
    ['12.345e3', '12345'],
    ['0.05e2', '5'],
    ['100e-2', '1.00'],
    ['1e+3', '1000'],
  ])('writes %s as %s', (source, decimal) => {
    expect(toPlainDecimal(source)).toBe(decimal);
  });

  it.each([
    '{"time":"09:30","text":"a \\"1\\" \\\\","list":[true,null,{}]}',
    '{"text":"\\\\\\"","amount":12345678901234567.89}',
    '["\\\\",-1.10]',
    '["without an end, 1',
    '"\\\\\\\\"',
    '1.10',
  ])('reads %s as JSON.parse does, and keeps the digits of numbers', (text) => {
    let expected: unknown;
    try {
      expected = JSON.parse(text);
    } catch {
      expect(() => Json.parse(text)).toThrow(SyntaxError);
      return;
    }
    expect(Json.parse(text).toJsonString()).toBe(text);
    expect(JSON.parse(Json.parse(text).toJsonString())).toEqual(expected);
  });

  it('ignores a byte order mark before the document', () => {
    expect(Json.parse('\uFEFF{"type":"event"}').string('type')).toBe('event');
    expect(() => Json.parse('\uFEFF\uFEFF{}')).toThrow(SyntaxError);
  });

  it('refuses numbers that are no amounts', () => {
    expect(() => toPlainDecimal('1e400')).toThrow(InvalidRecordError);
    expect(() => new JsonNumber('1,5')).toThrow(InvalidRecordError);
    expect(() => new JsonNumber('NaN')).toThrow(InvalidRecordError);
  });

  it('reads what is there, each in its kind', () => {
    const json = Json.parse(
      '{"id":"a","n":3,"on":true,"at":"2026-01-02T03:04:05Z","state":"done","legs":[{"x":"1"}],"none":null,"empty":""}',
    );
    expect([json.string('id'), json.integer('n'), json.boolean('on'), json.time('at')]).toEqual([
      'a',
      3,
      true,
      '2026-01-02T03:04:05Z',
    ]);
    expect(json.oneOf(['open', 'done'], 'state')).toBe('done');
    expect(json.array('legs').map((leg) => leg.string('x'))).toEqual(['1']);
    expect(json.object('legs', 0).propertyNames()).toEqual(['x']);
    expect([json.has('none'), json.has('id'), json.has('constructor')]).toEqual([false, true, false]);
    expect(json.propertyNames()).toContain('state');
  });

  it('says undefined of what may be absent, and still refuses another kind', () => {
    const json = Json.parse('{"none":null,"empty":"","n":"x"}');
    for (const key of ['none', 'absent']) {
      expect(json.optionalString(key)).toBeUndefined();
      expect(json.optionalDecimal(key)).toBeUndefined();
      expect(json.optionalInteger(key)).toBeUndefined();
      expect(json.optionalBoolean(key)).toBeUndefined();
      expect(json.optionalTime(key)).toBeUndefined();
      expect(json.optionalObject(key)).toBeUndefined();
      expect(json.optionalArray(key)).toEqual([]);
    }
    expect(json.optionalString('empty')).toBeUndefined();
    expect(() => json.optionalDecimal('n')).toThrow('n: expected a decimal number, found a text "x"');
  });

  it.each<[string, (json: Json) => unknown, string]>([
    [
      '{"legs":[{}]}',
      (json) => json.decimal('legs', 0, 'amount'),
      'legs[0].amount: expected a decimal number, found nothing',
    ],
    [
      '{"legs":[{"amount":"1.2.3"}]}',
      (json) => json.array('legs')[0]?.decimal('amount'),
      'legs[0].amount: expected a decimal number, found a text "1.2.3"',
    ],
    ['[]', (json) => json.object(), 'the answer: expected an object, found a list'],
    ['{"a":7}', (json) => json.string('a', 'b'), 'a.b: expected a text, found nothing'],
    ['{"a":7.5}', (json) => json.integer('a'), 'a: expected a whole number, found the number 7.5'],
    [
      '{"a":9007199254740993}',
      (json) => json.integer('a'),
      'a: expected a whole number, found the number 9007199254740993',
    ],
    [
      '{"a":"x"}',
      (json) => json.oneOf(['open', 'done'], 'a'),
      'a: expected one of open, done, found a text "x"',
    ],
    [
      '{"a":"2026-02-30T00:00:00Z"}',
      (json) => json.time('a'),
      'a "2026-02-30T00:00:00Z" is not an RFC 3339 time with a zone between 1970 and 9999',
    ],
    ['{"a":{}}', (json) => json.array('a'), 'a: expected a list, found an object'],
    ['{"a":"true"}', (json) => json.boolean('a'), 'a: expected true or false, found a text'],
  ])('%s is refused with path, expectation and finding', (text, read, message) => {
    expect(() => read(Json.parse(text))).toThrow(new InvalidRecordError(message));
  });

  it('quotes no text that may be a secret', () => {
    expect(() => Json.parse('{"expires_in":"sk_live_1"}').integer('expires_in')).toThrow(
      new InvalidRecordError('expires_in: expected a whole number, found a text'),
    );
  });
});
