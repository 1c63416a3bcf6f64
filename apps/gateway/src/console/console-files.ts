/** Loads the files of the built console: its HTML page, and the scripts and style sheets that the page loads. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { findBuiltDirectory } from '../http/find-built-directory.js';

/** The content types of the files that the build of the console writes. A file with another extension is not served. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface ConsoleFile {
  contentType: string;
  body: Buffer;
  gzippedBody: Buffer;
}

const compress = promisify(gzip);

/**
 * Keeps each file in memory after its first request, plain and compressed. The memory is limited, because the build writes less than 1 MB.
 */
export class ConsoleFiles {
  private readonly files = new Map<string, Promise<ConsoleFile>>();
  private readonly assetNames: ReadonlySet<string>;

  constructor(private readonly directory = findBuiltDirectory('console')) {
    const assets = join(directory, 'assets');
    this.assetNames = new Set(existsSync(assets) ? readdirSync(assets) : []);
  }

  /** True if the console was built. A checkout in which only the tests ran has no build. */
  get isBuilt(): boolean {
    return existsSync(join(this.directory, 'index.html'));
  }

  loadPage(): Promise<ConsoleFile> {
    return this.load('index.html', 'text/html; charset=utf-8');
  }

  /**
   * Loads a file of the build.
   * @returns `undefined` if the build has no such file
   */
  loadAsset(name: string): Promise<ConsoleFile> | undefined {
    const contentType = CONTENT_TYPES[extname(name)];
    if (contentType === undefined || !this.assetNames.has(name)) return undefined;
    return this.load(join('assets', name), contentType);
  }

  private load(path: string, contentType: string): Promise<ConsoleFile> {
    let file = this.files.get(path);
    if (file === undefined) {
      file = readConsoleFile(join(this.directory, path), contentType);
      this.files.set(path, file);
      // If a file could not be read, it is read again at the next request.
      file.catch(() => this.files.delete(path));
    }
    return file;
  }
}

async function readConsoleFile(path: string, contentType: string): Promise<ConsoleFile> {
  const body = await readFile(path);
  return { contentType, body, gzippedBody: await compress(body) };
}
