import { Avatar, Menu, SegmentedControl, Switch } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { offered } from '@/shared/i18n/languages.ts';
import { useMe } from '@/shared/me/queries.ts';
import { type Prefs, setPrefs, usePrefs } from '@/shared/prefs/prefs.ts';
import { IconLogout, IconUser } from '@/shared/ui/icons.ts';
import { useLeave } from './leave.ts';
import { chooseLanguage } from './queries.ts';
import classes from './Shell.module.css';

export function UserMenu() {
  const { t } = useTranslation('app');
  const { t: shared } = useTranslation('shared');
  const me = useMe();
  const prefs = usePrefs();
  const leave = useLeave();
  if (!me) return null;
  const name = me.user.name || me.user.email;
  return (
    <Menu width={264} withInitialFocusPlaceholder={false} position="top-start" closeOnItemClick={false}>
      <Menu.Target>
        <button type="button" className={classes.who}>
          <Avatar size={28} radius="xl" color="accent" name={name} aria-hidden />
          <span className="unseen">{t('user.menu')}</span>
          <span className={classes.whoText}>
            <span className="cut" dir="auto">
              {name}
            </span>
            <span className={classes.whoRole}>{shared(`role.${me.user.role as 'owner'}`)}</span>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('user.appearance')}</Menu.Label>
        <div className={classes.menuRow}>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label={t('user.appearance')}
            value={prefs.scheme}
            onChange={(scheme) => setPrefs({ scheme: scheme as Prefs['scheme'] })}
            data={[
              { value: 'light', label: t('user.light') },
              { value: 'dark', label: t('user.dark') },
              { value: 'auto', label: t('user.auto') },
            ]}
          />
        </div>
        <div className={classes.menuRow}>
          <Switch
            size="sm"
            label={t('user.compact')}
            checked={prefs.density === 'compact'}
            onChange={(e) => setPrefs({ density: e.currentTarget.checked ? 'compact' : 'comfortable' })}
          />
        </div>
        <Menu.Label>{t('user.language')}</Menu.Label>
        <div className={classes.menuRow}>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label={t('user.language')}
            value={prefs.language}
            onChange={chooseLanguage}
            data={offered.map((l) => ({ value: l.code, label: <span lang={l.code}>{l.name}</span> }))}
          />
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} to="/settings/account" closeMenuOnClick leftSection={<IconUser size={16} />}>
          {t('user.account')}
        </Menu.Item>
        <Menu.Item closeMenuOnClick leftSection={<IconLogout size={16} className="mirror" />} onClick={leave}>
          {t('user.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
