import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPackageVersion } from './package-version.js';

test('the version is that of the nearest package.json above; without any the program still starts', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-version-'));
  try {
    expect(readPackageVersion(join(directory, 'dist', 'cli'))).toBe('0.0.0-unknown');
    writeFileSync(join(directory, 'package.json'), '{"version":"1.2.3"}');
    expect(readPackageVersion(join(directory, 'dist', 'cli'))).toBe('1.2.3');
    expect(readPackageVersion()).toMatch(/^\d+\.\d+\.\d+/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
