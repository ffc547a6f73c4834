import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { InviteForm } from '@/features/user/InviteForm.tsx';
import { PendingLinks } from '@/features/user/PendingLinks.tsx';
import classes from './Start.module.css';

export function PeopleStep({ onInvited, onNext }: { onInvited: () => void; onNext: () => void }) {
  const { t } = useTranslation('app');
  return (
    <div className={classes.form}>
      <InviteForm onInvited={onInvited} onDone={() => {}} />
      <PendingLinks mayWrite />
      <div className={classes.row}>
        <Button variant="default" onClick={onNext}>
          {t('start.people.enough')}
        </Button>
      </div>
    </div>
  );
}
