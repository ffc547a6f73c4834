import { Button, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { InviteForm } from './InviteForm.tsx';
import { LinkShown } from './LinkShown.tsx';
import { type User, usePasswordLink } from './queries.ts';
import classes from './User.module.css';

interface Props {
  opened: boolean;
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** A click beside it does not close it: the link in it would be lost. */
function Sheet({ opened, title, onClose, children }: Props) {
  const { t } = useTranslation('shared');
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size={560}
      title={<strong>{title}</strong>}
      closeButtonProps={{ 'aria-label': t('action.close') }}
      closeOnClickOutside={false}
    >
      {children}
    </Modal>
  );
}

export function InviteModal({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('user');
  return (
    <Sheet opened={opened} title={t('invite')} onClose={onClose}>
      <InviteForm onDone={onClose} />
    </Sheet>
  );
}

export function PasswordLinkModal({ user, onClose }: { user: User | undefined; onClose: () => void }) {
  const { t } = useTranslation('user');
  return (
    <Sheet opened={user !== undefined} title={t('passwordLink')} onClose={onClose}>
      {user && <PasswordLink user={user} onDone={onClose} />}
    </Sheet>
  );
}

function PasswordLink({ user, onDone }: { user: User; onDone: () => void }) {
  const { t } = useTranslation('user');
  const text = useProblemText();
  const make = usePasswordLink();
  if (make.data) return <LinkShown made={make.data} onDone={onDone} />;
  return (
    <div className={classes.form}>
      <p>{t('passwordLinkHelp', { name: user.name || user.email })}</p>
      {make.error && (
        <p className={classes.trouble} role="alert">
          {text(make.error)}
        </p>
      )}
      <div>
        <Button data-autofocus loading={make.isPending} onClick={() => make.mutate(user.id)}>
          {t('link.make')}
        </Button>
      </div>
    </div>
  );
}
