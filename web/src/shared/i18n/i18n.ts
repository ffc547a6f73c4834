import i18next, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { languageOf } from './languages.ts';

const files = import.meta.glob<{ default: Record<string, unknown> }>([
  '../../features/*/locales/*.json',
  '../../app/locales/*.json',
  '../locales/*.json',
]);

/** The catalogue of a feature is its namespace: features/order/locales/en.json is "order". */
export function namespaceOf(path: string): { ns: string; code: string } | undefined {
  const feature = /features\/([a-z]+)\/locales\/([a-z-]+)\.json$/.exec(path);
  if (feature) return { ns: feature[1] as string, code: feature[2] as string };
  const app = /app\/locales\/([a-z-]+)\.json$/.exec(path);
  if (app) return { ns: 'app', code: app[1] as string };
  const shared = /(?:^|\/)locales\/([a-z-]+)\.json$/.exec(path);
  return shared ? { ns: 'shared', code: shared[1] as string } : undefined;
}

const places = Object.entries(files).map(([path, load]) => ({ ...namespaceOf(path), load }));

const backend: BackendModule = {
  type: 'backend',
  init() {},
  async read(code, ns) {
    const place = places.find((p) => p.ns === ns && p.code === code);
    return place ? ((await place.load()).default as Record<string, string>) : {};
  },
};

export async function startLanguage(code: string): Promise<void> {
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: languageOf(code).code,
      fallbackLng: false,
      ns: [...new Set(places.map((p) => p.ns as string))],
      defaultNS: 'shared',
      interpolation: { escapeValue: false },
      react: { useSuspense: false },
    });
}

export { i18next };
