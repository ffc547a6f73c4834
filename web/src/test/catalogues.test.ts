import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { namespaceOf } from '@/shared/i18n/i18n.ts';
import { languages, offered } from '@/shared/i18n/languages.ts';
import { filesUnder, root } from './files.ts';

type Tree = { [key: string]: string | Tree };

const catalogues = new Map<string, Tree>();
for (const path of filesUnder('src', /locales\/[a-z-]+\.json$/)) {
  const place = namespaceOf(path);
  if (place) catalogues.set(`${place.ns}/${place.code}`, JSON.parse(readFileSync(`${root}/${path}`, 'utf8')) as Tree);
}
const namespaces = [...new Set([...catalogues.keys()].map((k) => k.split('/')[0] as string))];

const plural = /_(zero|one|two|few|many|other)$/;

function keysOf(tree: Tree, before = ''): string[] {
  return Object.entries(tree).flatMap(([k, v]) => (typeof v === 'string' ? [before + k] : keysOf(v, `${before}${k}.`)));
}

function wordsOf(tree: Tree): Map<string, string> {
  const out = new Map<string, string>();
  const walk = (t: Tree, before: string) => {
    for (const [k, v] of Object.entries(t)) {
      if (typeof v === 'string') out.set(before + k, v);
      else walk(v, `${before}${k}.`);
    }
  };
  walk(tree, '');
  return out;
}

const bare = (key: string) => key.replace(plural, '');
const placeholders = (text: string) => [...text.matchAll(/{{\s*([a-z]+)/g)].map((m) => m[1]).sort();

describe('every language says everything', () => {
  for (const ns of namespaces) {
    for (const { code } of offered) {
      test(`${ns} in ${code}`, () => {
        const english = wordsOf(catalogues.get(`${ns}/en`) ?? {});
        const own = wordsOf(catalogues.get(`${ns}/${code}`) ?? {});
        const wanted = [...new Set([...english.keys()].map(bare))].sort();
        const found = [...new Set([...own.keys()].map(bare))].sort();
        expect(found).toEqual(wanted);
        for (const [key, text] of own) {
          expect(text.trim(), `${ns}:${key} is empty`).not.toBe('');
          const source = english.get(key) ?? english.get(`${bare(key)}_other`) ?? '';
          expect(placeholders(text), `${ns}:${key}`).toEqual(placeholders(source));
        }
      });

      test(`${ns} in ${code}: every plural form of the language`, () => {
        const own = [...wordsOf(catalogues.get(`${ns}/${code}`) ?? {}).keys()];
        const forms = new Intl.PluralRules(code).resolvedOptions().pluralCategories;
        for (const key of new Set(own.filter((k) => plural.test(k)).map(bare))) {
          for (const form of forms) expect(own, `${ns}:${key}`).toContain(`${key}_${form}`);
        }
      });
    }
  }
});

describe('every key that the code asks for is there', () => {
  for (const path of filesUnder('src', /\.tsx?$/).filter((p) => !p.includes('/test/') && !p.endsWith('.test.ts'))) {
    const code = readFileSync(`${root}/${path}`, 'utf8');
    // const { t } = useTranslation('order'); const { t: shared } = useTranslation('shared');
    const names = [...code.matchAll(/const \{ ([^}]*) \} = useTranslation\('([a-z]+)'\)/g)].flatMap((m) =>
      (m[1] as string)
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part === 't' || part.startsWith('t:'))
        .map((part) => ({ fn: part === 't' ? 't' : part.slice(2).trim(), ns: m[2] as string })),
    );
    const byFn = new Map<string, Set<string>>();
    for (const { fn, ns } of names) byFn.set(fn, (byFn.get(fn) ?? new Set()).add(ns));
    if (byFn.size === 0) continue;
    test(path, () => {
      for (const [fn, spaces] of byFn) {
        const known = [...spaces].flatMap((ns) => keysOf(catalogues.get(`${ns}/en`) ?? {}).map(bare));
        for (const m of code.matchAll(new RegExp(`(?<![\\w.])${fn}\\('([^']+)'`, 'g'))) expect(known, path).toContain(m[1]);
        // `role.${x}`: at least one key has to begin so.
        for (const m of code.matchAll(new RegExp(`(?<![\\w.])${fn}\\(\`([^\`$]*)\\$\\{`, 'g'))) {
          expect(
            known.some((k) => k.startsWith(m[1] as string)),
            `${path}: ${m[1]}…`,
          ).toBe(true);
        }
      }
    });
  }
});

test('the languages that are offered come from one list', () => {
  expect(languages.map((l) => l.code)).toEqual(['en', 'fa', 'ml', 'hi', 'am', 'ja']);
  for (const { code } of offered) for (const ns of namespaces) expect(catalogues.has(`${ns}/${code}`), `${ns}/${code}`).toBe(true);
});
