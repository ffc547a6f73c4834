import { ActionIcon, Drawer } from '@mantine/core';
import { useDisclosure, useNetwork } from '@mantine/hooks';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay, useMe } from '@/shared/me/queries.ts';
import { IconAlertTriangle, IconBolt, IconMenu2, IconSearch, IconWifiOff } from '@/shared/ui/icons.ts';
import { Mark } from '@/shared/ui/Mark.tsx';
import { navigation } from './navigation.ts';
import { openPalette, Palette } from './Palette.tsx';
import { useDisk } from './queries.ts';
import classes from './Shell.module.css';
import { useStart } from './start/queries.ts';
import { UserMenu } from './UserMenu.tsx';

/** The frame around every page behind the door. */
export function Shell() {
  const { t } = useTranslation('app');
  const [open, menu] = useDisclosure(false);
  const { online } = useNetwork();
  const path = useRouterState({ select: (s) => s.location.pathname });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes whenever the page changes
  useEffect(() => menu.close(), [path]);

  return (
    <div className={classes.frame}>
      <a className={classes.skip} href="#content">
        {t('skip')}
      </a>
      <aside className={classes.side}>
        <Side />
      </aside>
      <nav className={classes.bar} aria-label="Rapport">
        <ActionIcon size={44} aria-label={t('nav.open')} onClick={menu.open}>
          <IconMenu2 size={20} />
        </ActionIcon>
        <strong>Rapport</strong>
        <ActionIcon size={44} aria-label={t('search')} onClick={openPalette}>
          <IconSearch size={20} />
        </ActionIcon>
      </nav>
      <Drawer.Root opened={open} onClose={menu.close} position="left" size={288}>
        <Drawer.Overlay />
        <Drawer.Content aria-label={t('nav.main')} className={classes.drawer}>
          <Side />
        </Drawer.Content>
      </Drawer.Root>
      <main className={classes.main} id="content" tabIndex={-1}>
        {!online && (
          <div className={classes.offline} role="status">
            <IconWifiOff size={16} aria-hidden />
            {t('offline')}
          </div>
        )}
        <DiskWarning />
        <Outlet />
      </main>
      <Palette />
    </div>
  );
}

/** Said on every page, since everything depends on it. */
function DiskWarning() {
  const { t } = useTranslation('app');
  const state = useDisk(useMay()('status.read'));
  if (state !== 'low' && state !== 'full') return null;
  return (
    <div className={classes.offline} role="status">
      <IconAlertTriangle size={16} aria-hidden />
      {t(`disk.${state}`)}
    </div>
  );
}

function Side() {
  const { t } = useTranslation('app');
  const me = useMe();
  return (
    <>
      <div className={classes.brand}>
        <Mark size={32} />
        <div className={classes.brandText}>
          <span className={classes.brandName}>Rapport</span>
          <span className={`${classes.brandShop} cut`} dir="auto">
            {me?.shop?.name}
          </span>
        </div>
      </div>
      <button type="button" className={classes.find} onClick={openPalette}>
        <IconSearch size={16} aria-hidden />
        <span>{t('search')}</span>
        <kbd dir="ltr">{/Mac|iP(hone|ad)/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <FirstSteps />
      <Nav />
      <div className={classes.foot}>
        <UserMenu />
      </div>
    </>
  );
}

/** The way back to the first steps, until they are put away. */
function FirstSteps() {
  const { t } = useTranslation('app');
  const f = useFormat();
  const may = useMay()('setting.write');
  const start = useStart(may);
  if (!may || !start || start.closed) return null;
  const done = [start.shop, start.source, start.event, start.people];
  return (
    <nav className={classes.nav} aria-label={t('start.title')} data-alone>
      <Link to="/start" className={classes.link}>
        <IconBolt size={18} stroke={1.7} aria-hidden />
        {t('start.title')}
        <span className={classes.count}>
          {t('start.progress', { done: f.number(done.filter(Boolean).length), all: f.number(done.length) })}
        </span>
      </Link>
    </nav>
  );
}

function Nav() {
  const { t } = useTranslation('app');
  const may = useMay();
  const shown = navigation.filter((n) => !n.may || may(n.may));
  const parts: ReactNode[] = [];
  let group = '';
  for (const { to, key, icon: Icon, group: own } of shown) {
    if (own !== group) {
      parts.push(
        own === 'end' ? (
          <div key={own} className={classes.rule} />
        ) : (
          <div key={own} className={classes.group}>
            {t(`nav.${own as 'sales'}`)}
          </div>
        ),
      );
      group = own;
    }
    parts.push(
      <Link key={to} to={to} className={classes.link} activeOptions={{ exact: to === '/', includeSearch: false }}>
        <Icon size={18} stroke={1.7} aria-hidden />
        {t(`nav.${key}`)}
      </Link>,
    );
  }
  return (
    <nav className={classes.nav} aria-label={t('nav.main')}>
      {parts}
    </nav>
  );
}
