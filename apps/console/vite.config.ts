/** Builds the console into dist/console. All URLs in the build are relative, because a proxy can serve the gateway under any path. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  esbuild: { jsx: 'automatic' },
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
