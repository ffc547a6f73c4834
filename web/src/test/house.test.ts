import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { filesUnder, root } from './files.ts';

const sources = filesUnder('src', /\.(ts|tsx)$/).filter((p) => !p.startsWith('src/test/'));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

function importsOf(path: string): string[] {
  return [...read(path).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((m) => m[1] as string);
}

const featureOf = (path: string) => /features\/([a-z]+)\//.exec(path)?.[1];

/** The floors of the app, lowest first: api < shared < features < app. */
function floorOf(path: string): number {
  return ['src/api/', 'src/shared/', 'src/features/', 'src/app/'].findIndex((f) => path.startsWith(f));
}

function target(from: string, spec: string): string | undefined {
  if (spec.startsWith('@/')) return `src/${spec.slice(2)}`;
  if (!spec.startsWith('.')) return undefined;
  return new URL(spec, `file:///${from}`).pathname.slice(1);
}

describe('the house', () => {
  test('imports go down, and features do not import each other', () => {
    for (const path of sources) {
      for (const spec of importsOf(path)) {
        const to = target(path, spec);
        if (!to || floorOf(path) < 0) continue;
        expect(floorOf(to) <= floorOf(path), `${path} imports ${spec}, which is upstairs`).toBe(true);
        if (featureOf(path) && featureOf(to))
          expect(featureOf(to), `${path} imports ${spec}, another feature: lift it into shared`).toBe(featureOf(path));
      }
    }
  });

  test('addresses of the API stand in queries.ts alone', () => {
    for (const path of sources) {
      if (/(^|\/)queries\.ts$/.test(path) || path.startsWith('src/api/')) continue;
      // Snippets show addresses to people; they are not called.
      if (path.endsWith('apikey/snippets.ts')) continue;
      expect(/['"`]\/api\/v1/.test(read(path)), path).toBe(false);
    }
  });

  test('colours stand in the tokens alone', () => {
    for (const path of filesUnder('src', /\.(css|tsx)$/)) {
      if (/tokens\.css$|theme\.ts$|ui\/Mark\.tsx$/.test(path)) continue;
      expect(/#[0-9a-f]{3,8}\b/i.test(read(path).replaceAll(/href="#|'#|id="#/g, '')), path).toBe(false);
    }
  });

  test('icons come one by one', () => {
    for (const path of sources.filter((p) => !p.endsWith('.d.ts'))) expect(importsOf(path), path).not.toContain('@tabler/icons-react');
  });

  test('a component has at most 250 lines', () => {
    for (const path of sources.filter((p) => p.endsWith('.tsx') && !p.endsWith('router.tsx'))) {
      expect(read(path).split('\n').length, path).toBeLessThanOrEqual(251);
    }
  });
});

interface Chunk {
  file: string;
  imports?: string[];
  isEntry?: boolean;
}

// Runs after a build; a checkout that was not built has nothing to weigh.
describe.skipIf(!existsSync(`${root}/dist/.vite/manifest.json`))('the build', () => {
  test('the first load takes at most 300 KB of script, gzipped', () => {
    const manifest = JSON.parse(read('dist/.vite/manifest.json')) as Record<string, Chunk>;
    const first = new Set<string>();
    const take = (key: string) => {
      const chunk = manifest[key];
      if (!chunk || first.has(chunk.file)) return;
      first.add(chunk.file);
      for (const next of chunk.imports ?? []) take(next);
    };
    for (const [key, chunk] of Object.entries(manifest)) if (chunk.isEntry) take(key);
    // What the first page needs on top: its own chunk and one language.
    take('src/features/report/OverviewPage.tsx');
    for (const chunk of Object.values(manifest)) if (chunk.file.includes('lang-en')) first.add(chunk.file);
    const size = [...first]
      .filter((f) => f.endsWith('.js'))
      .reduce((sum, f) => sum + gzipSync(readFileSync(`${root}/dist/${f}`), { level: 9 }).length, 0);
    console.log(`first load: ${Math.round(size / 1024)} KB of script, gzipped`);
    expect(size).toBeLessThanOrEqual(300 * 1024);
    expect([...first].some((f) => /chart/.test(f))).toBe(false);
  });

  test('the page holds no script of its own', () => {
    expect(/<script(?![^>]*\bsrc=)[^>]*>/.test(read('dist/index.html'))).toBe(false);
  });
});
