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
    // A module preload by script would need an inline script in the page, which the content security policy forbids.
    modulePreload: { polyfill: false },
    // The content security policy allows no data URL.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      onwarn: (warning, warn) => {
        // Packages mark modules with "use client", which means nothing in a page without server rendering.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  // `vite dev` sends the requests of the console to a gateway with the default port.
  server: { proxy: { '/operator': 'http://127.0.0.1:3000' } },
});
