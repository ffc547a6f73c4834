import { ActionIcon, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { IconKey, IconMail, IconTrash } from '@/shared/ui/icons.ts';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { Loaded } from '@/shared/ui/states.tsx';
import { complain, doWithUndo } from '@/shared/ui/undo.tsx';
import { type Invitation, useInvitations, useRevokeInvitation } from './queries.ts';
import classes from './User.module.css';

/** Links that are on their way to somebody; nothing is drawn where there are none. */
export function PendingLinks({ mayWrite }: { mayWrite: boolean }) {
  const { t } = useTranslation('user');
  const text = useProblemText();
  const links = useInvitations();
  const revoke = useRevokeInvitation();
  const [going, setGoing] = useState<string[]>([]);
  const take = (v: Invitation) => {
    setGoing((g) => [...g, v.id]);
    doWithUndo({
      message: t('pending.revoked', { email: v.email }),
      commit: () => revoke(v.id),
      revert: () => setGoing((g) => g.filter((id) => id !== v.id)),
      failed: (error) => complain(text(error)),
    });
  };
  return (
    <Loaded query={links} slim>
      {({ items }) => {
        const shown = (items ?? []).filter((v) => !going.includes(v.id));
        if (shown.length === 0) return null;
        return (
          <Card title={t('pending.title')} flush>
            <ul className={classes.list}>
              {shown.map((v) => (
                <Pending key={v.id} of={v} onRevoke={mayWrite ? () => take(v) : undefined} />
              ))}
            </ul>
          </Card>
        );
      }}
    </Loaded>
  );
}

function Pending({ of: v, onRevoke }: { of: Invitation; onRevoke?: () => void }) {
  const { t } = useTranslation('user');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const Icon = v.kind === 'join' ? IconMail : IconKey;
  return (
    <li className={classes.person}>
      <Icon size={20} stroke={1.7} aria-hidden />
      <div className={classes.name}>
        <span className="cut">
          <bdi>{v.email}</bdi>
        </span>
        <span className="small dim">
          {v.kind === 'join' ? t('pending.join', { role: shared(`role.${v.role}`) }) : t('pending.password')}
          {' · '}
          {v.made_by_name ? t('pending.by', { name: v.made_by_name }) : t('pending.byOperator')}
          {' · '}
          {t('pending.until', { when: f.instant(v.expires_at) })}
        </span>
      </div>
      {onRevoke && (
        <Tooltip label={t('pending.revoke')}>
          <ActionIcon aria-label={t('pending.revokeOf', { email: v.email })} onClick={onRevoke}>
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </li>
  );
}
