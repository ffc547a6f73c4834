import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { setPrefs, usePrefs } from '@/shared/prefs/prefs.ts';
import {
  IconBolt,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconPackage,
  IconReceipt,
  IconSearch,
  IconSettings,
  IconSun,
  IconTable,
  IconUpload,
  IconUser,
} from '@/shared/ui/icons.ts';
import { useOrderNumber } from '@/shared/ui/orderNumber.ts';
import { useLeave } from './leave.ts';
import { navigation, settingsPages } from './navigation.ts';
import { type Hit, useFound } from './queries.ts';

const [store, spotlight] = createSpotlight();

export const openPalette = spotlight.open;

interface Entry {
  key: string;
  label: string;
  icon: ReactNode;
  note?: string;
  run: () => void;
}

/** Ctrl or Cmd and K: every page, customer, order and product, every action. */
export function Palette() {
  const { t } = useTranslation('app');
  const [query, setQuery] = useState('');
  const [asked] = useDebouncedValue(query.trim(), 120);
  const may = useMay();
  const navigate = useNavigate();
  const found = useFound(asked, may('customer.read'));
  const format = useFormat();
  const number = useOrderNumber();
  const actions = useActions();

  const pages: Entry[] = [
    ...navigation
      .filter((n) => !n.may || may(n.may))
      .map(({ to, key, icon: Icon }) => ({
        key: to,
        label: t(`nav.${key}`),
        icon: <Icon size={18} stroke={1.7} />,
        run: () => navigate({ to }),
      })),
    ...settingsPages
      .filter((n) => !n.may || may(n.may))
      .map(({ to, key }) => ({
        key: to,
        label: t(`settings.${key}`),
        note: t('settings.title'),
        icon: <IconSettings size={18} stroke={1.7} />,
        run: () => navigate({ to }),
      })),
  ];
  const fits = (e: Entry) => e.label.toLocaleLowerCase().includes(query.trim().toLocaleLowerCase());
  const hits = (kind: Hit['kind'], icon: ReactNode, note: (h: Hit) => (string | undefined)[], run: (id: string) => void): Entry[] =>
    (asked ? (found.data?.items ?? []) : [])
      .filter((h) => h.kind === kind)
      .map((h) => ({
        key: h.id,
        label: (kind === 'order' ? number(h.title) : h.title) || h.id,
        note: note(h).filter(Boolean).join(' · '),
        icon,
        run: () => run(h.id),
      }));
  const amount = (h: Hit) => h.amount && format.money(h.amount);
  const customers = hits(
    'customer',
    <IconUser size={18} stroke={1.7} />,
    (h) => [h.detail === h.title ? '' : h.detail],
    (id) => navigate({ to: '/customers/$id', params: { id } }),
  );
  const orders = hits(
    'order',
    <IconReceipt size={18} stroke={1.7} />,
    (h) => [h.at && format.day(h.at), amount(h), h.detail],
    (id) => navigate({ to: '/orders/$id', params: { id } }),
  );
  const products = hits(
    'product',
    <IconPackage size={18} stroke={1.7} />,
    (h) => [h.detail, amount(h)],
    (id) => navigate({ to: '/products/$id', params: { id } }),
  );
  const groups: [string, Entry[]][] = [
    [t('palette.pages'), pages.filter(fits)],
    [t('palette.customers'), customers],
    [t('palette.orders'), orders],
    [t('palette.products'), products],
    [t('palette.actions'), actions.filter(fits)],
  ];
  const any = groups.some(([, entries]) => entries.length > 0);

  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut="mod + K"
      tagsToIgnore={[]}
      scrollable
      maxHeight={420}
      title={<span className="unseen">{t('search')}</span>}
      styles={{ header: { minHeight: 0, padding: 0 } }}
      clearQueryOnClose
      size={620}
      overlayProps={{ blur: 0, backgroundOpacity: 0.35 }}
    >
      <Spotlight.Search
        placeholder={t('palette.placeholder')}
        aria-label={t('palette.placeholder')}
        leftSection={<IconSearch size={18} stroke={1.7} />}
        dir="auto"
      />
      <Spotlight.ActionsList>
        {groups.map(
          ([label, entries]) =>
            entries.length > 0 && (
              <Spotlight.ActionsGroup key={label} label={label}>
                {entries.map((e) => (
                  <Spotlight.Action key={e.key} label={e.label} description={e.note} leftSection={e.icon} onClick={e.run} dir="auto" />
                ))}
              </Spotlight.ActionsGroup>
            ),
        )}
        {!any && <Spotlight.Empty>{t('palette.nothing', { query })}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

function useActions(): Entry[] {
  const { t } = useTranslation('app');
  const { t: edit } = useTranslation('edit');
  const { scheme, density } = usePrefs();
  const may = useMay();
  const navigate = useNavigate();
  const leave = useLeave();
  const size = { size: 18, stroke: 1.7 };
  const list: (Entry | false)[] = [
    may('order.write') && {
      key: 'new-order',
      label: edit('action.newOrder'),
      icon: <IconReceipt {...size} />,
      run: () => navigate({ to: '/orders/new' }),
    },
    may('customer.write') && {
      key: 'new-customer',
      label: edit('action.newCustomer'),
      icon: <IconUser {...size} />,
      run: () => navigate({ to: '/customers/new' }),
    },
    may('catalog.write') && {
      key: 'new-product',
      label: edit('action.newProduct'),
      icon: <IconPackage {...size} />,
      run: () => navigate({ to: '/products/new' }),
    },
    may('import.run') && {
      key: 'import',
      label: t('palette.newImport'),
      icon: <IconUpload {...size} />,
      run: () => navigate({ to: '/imports' }),
    },
    may('setting.write') && {
      key: 'start',
      label: t('start.title'),
      icon: <IconBolt {...size} />,
      run: () => navigate({ to: '/start' }),
    },
    scheme !== 'light' && {
      key: 'light',
      label: t('palette.light'),
      icon: <IconSun {...size} />,
      run: () => setPrefs({ scheme: 'light' }),
    },
    scheme !== 'dark' && {
      key: 'dark',
      label: t('palette.dark'),
      icon: <IconMoon {...size} />,
      run: () => setPrefs({ scheme: 'dark' }),
    },
    scheme !== 'auto' && {
      key: 'auto',
      label: t('palette.auto'),
      icon: <IconDeviceDesktop {...size} />,
      run: () => setPrefs({ scheme: 'auto' }),
    },
    {
      key: 'density',
      label: density === 'compact' ? t('palette.comfortable') : t('palette.compact'),
      icon: <IconTable {...size} />,
      run: () => setPrefs({ density: density === 'compact' ? 'comfortable' : 'compact' }),
    },
    { key: 'leave', label: t('palette.signOut'), icon: <IconLogout {...size} />, run: leave },
  ];
  return list.filter((e): e is Entry => Boolean(e));
}
