import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// The page tracker: one small script without imports, beside the web app in dist/.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  build: {
    target: 'es2020',
    outDir: '../dist',
    emptyOutDir: false,
    copyPublicDir: false,
    reportCompressedSize: false,
    lib: { entry: 't.ts', formats: ['iife'], name: 'rapportTracker', fileName: () => 't.js' },
  },
});
