import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDeployment } from '../load-deployment.js';
import { resolveReferences } from './references.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-references-'));
afterAll(() => rmSync(directory, { recursive: true }));

const at = (name: string) => join(directory, name);

describe('a value in a file', () => {
  it('is not waited for where no file is: devices never end, pipes may never begin', () => {
    execFileSync('mkfifo', [at('pipe')]);
    for (const file of ['/dev/zero', at('pipe')]) {
      expect(() => resolveReferences(`file:${file}`, {})).toThrow(
        `the file ${file} is a device, a pipe or a socket; expected a file with the value in it`,
      );
    }
    expect(() => resolveReferences(`file:${directory}`, {})).toThrow('cannot be read: it is a directory');
  });

  it('is small', () => {
    writeFileSync(at('large'), 'x'.repeat(65_537));
    expect(() => resolveReferences(`file:${at('large')}`, {})).toThrow(
      'has 65537 bytes; expected at most 65536',
    );
    writeFileSync(at('small'), ' x\n');
    expect(resolveReferences(`file:${at('small')}`, {}).text).toBe('x');
  });
});

test.each([
  ['listen: { host: "a\\0b" }', 'listen.host: found'],
  ['listen: { host: "a b" }', 'listen.host: found'],
  ['store: "sqlite:a\\0b"', 'store: found'],
  ['store: "sqlite::memory:"', 'store: found'],
])('%s is refused: the system would take it for something else', (line, complaint) => {
  const file = at('gateway.yaml');
  writeFileSync(
    file,
    `${line}\nconnectors: [{ name: a, plugin: sandbox, apiKeys: [a-key-of-sixteen-or-more] }]\n`,
  );
  expect(() => loadDeployment(file, {})).toThrow(complaint);
});
