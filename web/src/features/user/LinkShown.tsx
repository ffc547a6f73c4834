import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useBase } from '@/shared/me/queries.ts';
import { CopyField } from '@/shared/ui/CopyField.tsx';
import type { Invitation } from './queries.ts';
import classes from './User.module.css';

/** A link that was just made. It is shown here and never again. */
export function LinkShown({ made, onDone }: { made: Invitation; onDone: () => void }) {
  const { t } = useTranslation('user');
  const f = useFormat();
  const base = useBase();
  return (
    <div className={classes.form}>
      <p>{made.kind === 'join' ? t('link.join', { email: made.email }) : t('link.password', { name: made.name || made.email })}</p>
      <CopyField text={base + (made.link ?? '')} label={t('link.label')} />
      <p className="small dim">{t('link.once', { until: f.instant(made.expires_at) })}</p>
      <div>
        <Button onClick={onDone}>{t('link.done')}</Button>
      </div>
    </div>
  );
}
