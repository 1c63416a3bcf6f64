/** Builds the console into dist/console. All URLs in the build are relative, because a proxy can serve the gateway under any path. */
import { defineConfig, type Plugin } from 'vite';

/** The comment must be the first line of the file. */
const COMPILE_ALL_FUNCTIONS = '//# allFunctionsCalledOnLoad';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  esbuild: { jsx: 'automatic' },
  plugins: [compileFirstScriptEarly()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // The polyfill for module preloading is off, because it needs an inline script in the page, which the content security policy forbids.
    modulePreload: { polyfill: false },
    // Files are never converted to data URLs, because the content security policy does not allow data URLs.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      onwarn: (warning, warn) => {
        // Some packages mark modules with "use client". The mark has no meaning without server rendering, so the warning about it is
        // ignored.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  // The command `vite dev` sends the requests of the console to a gateway on the default port.
  server: { proxy: { '/operator': 'http://127.0.0.1:3000' } },
});

/**
 * Adds a comment to the script of the first page that asks the browser to compile all of its functions while it loads the script, in a
 * thread of its own (https://v8.dev/blog/explicit-compile-hints). Without the comment, Chromium compiles each function at its first call, in
 * the thread that renders the page. Other browsers ignore the comment. The comment is added last, because the minifier removes comments, and
 * because the browser finds it only in the first line.
 */
function compileFirstScriptEarly(): Plugin {
  return {
    name: 'compile-first-script-early',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler: (_options, bundle) => {
        for (const file of Object.values(bundle))
          if (file.type === 'chunk' && file.isEntry) file.code = `${COMPILE_ALL_FUNCTIONS}\n${file.code}`;
      },
    },
  };
}
