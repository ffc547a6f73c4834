import { Link, Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/shared/me/queries.ts';
import { settingsPages } from './navigation.ts';
import classes from './SettingsFrame.module.css';

/** The pages of the settings beside their list. */
export function SettingsFrame() {
  const { t } = useTranslation('app');
  const may = useMay();
  return (
    <div className={classes.frame}>
      <nav className={classes.list} aria-label={t('settings.title')}>
        {settingsPages
          .filter((p) => !p.may || may(p.may))
          .map((p) => (
            <Link key={p.to} to={p.to} className={classes.link}>
              {t(`settings.${p.key}`)}
            </Link>
          ))}
      </nav>
      <div className={classes.page}>
        <Outlet />
      </div>
    </div>
  );
}
