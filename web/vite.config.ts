/// <reference types="vitest/config" />

import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.RAPPORT_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { '/api': server, '/v1': server, '/t.js': server } },
  build: {
    target: 'es2022',
    // Precompressed by build/precompress.mjs; measuring twice costs seconds.
    reportCompressedSize: false,
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // One file a language, not one a feature and language.
            { name: (id: string) => `lang-${/locales\/([a-z-]+)\.json/.exec(id)?.[1]}`, test: /locales\/[a-z-]+\.json$/ },
          ],
        },
      },
    },
  },
  test: { environment: 'node', include: ['{src,tracker}/**/*.test.{ts,tsx}'] },
});
