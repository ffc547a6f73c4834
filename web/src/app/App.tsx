import { DirectionProvider, MantineProvider, useDirection } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { makeFormat } from '@/shared/format/format.ts';
import { FormatContext } from '@/shared/format/useFormat.ts';
import { i18next } from '@/shared/i18n/i18n.ts';
import { languageOf } from '@/shared/i18n/languages.ts';
import { meQuery } from '@/shared/me/queries.ts';
import { type Prefs, usePrefs } from '@/shared/prefs/prefs.ts';
import { cssVariables, theme } from '@/shared/theme/theme.ts';
import { queryClient, router } from './router.tsx';

const schemeManager = {
  get: (value: Prefs['scheme']) => value,
  set() {},
  subscribe() {},
  unsubscribe() {},
  clear() {},
};

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <DirectionProvider initialDirection="ltr" detectDirection={false}>
        <Look>
          <Reader>
            <Notifications position="bottom-right" autoClose={5000} limit={4} />
            <RouterProvider router={router} />
          </Reader>
        </Look>
      </DirectionProvider>
    </QueryClientProvider>
  );
}

/** Light or dark, dense or not. */
function Look({ children }: { children: ReactNode }) {
  const { scheme, density } = usePrefs();
  const dark = useSystemDark();
  useEffect(() => {
    document.documentElement.dataset.density = density;
  }, [density]);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={schemeManager}
      forceColorScheme={scheme === 'auto' ? (dark ? 'dark' : 'light') : scheme}
    >
      {children}
    </MantineProvider>
  );
}

function useSystemDark(): boolean {
  const media = useMemo(() => window.matchMedia('(prefers-color-scheme: dark)'), []);
  const [dark, setDark] = useState(media.matches);
  useEffect(() => {
    const listen = () => setDark(media.matches);
    media.addEventListener('change', listen);
    return () => media.removeEventListener('change', listen);
  }, [media]);
  return dark;
}

/** Language, direction and formats. The page is drawn again only when the new catalogue is here. */
function Reader({ children }: { children: ReactNode }) {
  const { language, calendar } = usePrefs();
  const [shown, setShown] = useState(i18next.language);
  const { setDirection } = useDirection();
  const { data: me } = useQuery({ ...meQuery, enabled: false });
  const zone = me?.reporting?.zone || Intl.DateTimeFormat().resolvedOptions().timeZone;

  useEffect(() => {
    let current = true;
    i18next.changeLanguage(languageOf(language).code).then(() => {
      if (current) setShown(languageOf(language).code);
    });
    return () => {
      current = false;
    };
  }, [language]);

  useEffect(() => {
    const { code, dir } = languageOf(shown);
    document.documentElement.lang = code;
    document.documentElement.dir = dir;
    setDirection(dir);
  }, [shown, setDirection]);

  const format = useMemo(() => makeFormat({ language: shown, calendar, zone }), [shown, calendar, zone]);
  return <FormatContext value={format}>{children}</FormatContext>;
}
