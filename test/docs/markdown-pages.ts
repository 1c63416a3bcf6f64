/** Reads the Markdown pages of the repository: their links, their anchors and their tables. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** The directories whose pages are checked. */
const PAGE_DIRECTORIES = ['.', 'docs', 'libs', 'apps', 'test', 'bench', 'examples'];
/** The directories without documentation pages: installed packages, and templates of generated files. */
const IGNORED_DIRECTORIES = new Set(['node_modules', 'dist', 'files', 'fixtures']);

export interface Link {
  /** The target as written in the page: `../guides/payouts.md#limits`. */
  target: string;
  line: number;
}

/** Returns the paths of all Markdown pages, relative to the root of the repository and sorted. */
export function listPages(): string[] {
  return [...new Set(PAGE_DIRECTORIES.flatMap((directory) => listMarkdownFiles(directory)))].sort();
}

/** Returns the pages under `docs/`. */
export function listDocsPages(): string[] {
  return listPages().filter((page) => page.startsWith('docs/'));
}

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** Returns all links and images of a page. Links inside code are ignored. */
export function listLinks(text: string): Link[] {
  return stripCode(text)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|(?:href|src)="([^"]+)"/g)].map(
        ([, target, attribute]) => ({ target: target ?? attribute ?? '', line: index + 1 }),
      ),
    );
}

/** Returns the anchors of a page: the anchors that GitHub creates for headings, and explicit anchors. */
export function listAnchors(text: string): Set<string> {
  const anchors = new Set<string>();
  const prose = stripCodeBlocks(text);
  for (const [, heading = ''] of prose.matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = toSlug(heading);
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  for (const [, id = ''] of prose.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/**
 * Returns the reason why a relative link is broken.
 * @param page the page that contains the link
 * @returns `undefined` if the link resolves, or if it leads to another site
 */
export function findLinkProblem(page: string, target: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined;
  const [path = '', anchor] = target.split('#', 2);
  const file = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), decodeURIComponent(path)));
  if (!existsSync(join(ROOT, file))) return `${file} does not exist`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return listAnchors(readPage(file)).has(anchor) ? undefined : `${file} has no heading for #${anchor}`;
}

/** Returns the rows of all tables of a page as lists of cells, including heading rows and separator rows. */
export function listTableRows(text: string): string[][] {
  return [...text.matchAll(/^\|(.+)\|$/gm)].map(([, row = '']) =>
    row.split(/(?<!\\)\|/).map((cell) => cell.trim()),
  );
}

function listMarkdownFiles(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isFile()) return entry.name.endsWith('.md') ? [path] : [];
    return directory === '.' || IGNORED_DIRECTORIES.has(entry.name) ? [] : listMarkdownFiles(path);
  });
}

/** Returns the anchor that GitHub creates for a heading: `Failed attempts, and 429` → `failed-attempts-and-429`. */
function toSlug(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

/** Replaces code by spaces, so that the line numbers do not change. */
function stripCode(text: string): string {
  return stripCodeBlocks(text).replace(/`[^`\n]+`/g, '');
}

function stripCodeBlocks(text: string): string {
  return text.replace(/^( *)(`{3,}|~{3,}).*?^ *\2[^\n]*$/gms, (block) => block.replace(/[^\n]/g, ''));
}
