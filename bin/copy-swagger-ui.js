/**
 * Copies the files of Swagger UI that the gateway serves, and their licence, into the built program. So a production
 * installation needs neither the package, which is ten times as large, nor the telemetry package that it depends on.
 */
import { copyFileSync, mkdirSync, realpathSync } from 'fs';
import { createRequire } from 'module';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';
import { root } from './launch.js';

const FILES = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'swagger-ui-bundle.js.LICENSE.txt',
  'favicon-32x32.png',
  'LICENSE',
  'NOTICE',
];

export function copySwaggerUi() {
  const source = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const target = join(root, 'dist', 'swagger-ui');
  mkdirSync(target, { recursive: true });
  for (const file of FILES) copyFileSync(join(source, file), join(target, file));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) copySwaggerUi();
