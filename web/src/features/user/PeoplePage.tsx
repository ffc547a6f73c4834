import { ActionIcon, Avatar, Button, Menu, Select } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay, useMe } from '@/shared/me/queries.ts';
import { IconBan, IconCheck, IconDots, IconKey, IconLogout, IconUserPlus } from '@/shared/ui/icons.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { Status } from '@/shared/ui/Status.tsx';
import { Loaded, NoPermission } from '@/shared/ui/states.tsx';
import { complain, doWithUndo, say } from '@/shared/ui/undo.tsx';
import { PendingLinks } from './PendingLinks.tsx';
import { InviteModal, PasswordLinkModal } from './PersonModals.tsx';
import { type User, type UserPatch, useEndSessionsOf, useSaveUser, useUsers } from './queries.ts';
import { RoleMatrix } from './RoleMatrix.tsx';
import { roles } from './roles.ts';
import classes from './User.module.css';

/** Who works here, and what each may do. */
export function PeoplePage() {
  const { t } = useTranslation('user');
  const may = useMay();
  if (may('user.read')) return <People />;
  return (
    <Page title={t('title')}>
      <NoPermission />
    </Page>
  );
}

function People() {
  const { t } = useTranslation('user');
  const may = useMay();
  const users = useUsers();
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<User>();
  return (
    <Page
      title={t('title')}
      note={t('note')}
      actions={
        may('user.write') && (
          <Button leftSection={<IconUserPlus size={16} />} onClick={() => setAdding(true)}>
            {t('invite')}
          </Button>
        )
      }
    >
      <Loaded query={users}>
        {({ items }) => (
          <ul className={`card ${classes.list}`}>
            {(items ?? []).map((u) => (
              <Person key={u.id} user={u} mayWrite={may('user.write')} onPassword={() => setChanging(u)} />
            ))}
          </ul>
        )}
      </Loaded>
      <PendingLinks mayWrite={may('user.write')} />
      <RoleMatrix />
      <InviteModal opened={adding} onClose={() => setAdding(false)} />
      <PasswordLinkModal user={changing} onClose={() => setChanging(undefined)} />
    </Page>
  );
}

function Person({ user: u, mayWrite, onPassword }: { user: User; mayWrite: boolean; onPassword: () => void }) {
  const { t } = useTranslation('user');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const me = useMe();
  const text = useProblemText();
  const save = useSaveUser();
  const end = useEndSessionsOf();
  const [off, setOff] = useState<boolean>();
  const disabled = off ?? u.disabled;
  const self = me?.user.id === u.id;
  const change = (body: UserPatch) =>
    save.mutate({ id: u.id, ...body }, { onError: (error) => complain(text(error)), onSuccess: () => say(t('saved')) });

  const disable = () => {
    setOff(true);
    doWithUndo({
      message: t('disabledNow', { name: u.name || u.email }),
      commit: () => save.mutateAsync({ id: u.id, disabled: true }).finally(() => setOff(undefined)),
      revert: () => setOff(undefined),
      failed: (error) => complain(text(error)),
    });
  };

  const signOut = () =>
    end.mutate(u.id, {
      onError: (error) => complain(text(error)),
      onSuccess: () => say(t('signedOut', { name: u.name || u.email })),
    });

  return (
    <li className={classes.person} data-off={disabled || undefined}>
      <Avatar size={36} radius="xl" color="accent" name={u.name || u.email} aria-hidden />
      <div className={classes.name}>
        <span className="cut">
          <bdi>{u.name}</bdi> {self && <span className="dim small">{t('you')}</span>}
        </span>
        <span className="cut small dim">
          <bdi>{u.email}</bdi>
        </span>
      </div>
      <span className={`small dim ${classes.since}`}>{t('since', { day: f.day(u.created_at) })}</span>
      {disabled ? (
        <Status tone="warn">{t('disabled')}</Status>
      ) : (
        <Select
          className={classes.role}
          aria-label={t('roleOf', { name: u.name || u.email })}
          disabled={!mayWrite || self}
          data={roles.map((r) => ({ value: r, label: shared(`role.${r}`) }))}
          value={save.isPending && save.variables.role ? save.variables.role : u.role}
          onChange={(role) => role && role !== u.role && change({ role: role as (typeof roles)[number] })}
        />
      )}
      {mayWrite && !self ? (
        <Menu>
          <Menu.Target>
            <ActionIcon aria-label={t('more', { name: u.name || u.email })}>
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {!disabled && (
              <Menu.Item leftSection={<IconKey size={16} />} onClick={onPassword}>
                {t('passwordLink')}
              </Menu.Item>
            )}
            <Menu.Item leftSection={<IconLogout size={16} className="mirror" />} onClick={signOut}>
              {t('signOut')}
            </Menu.Item>
            {disabled ? (
              <Menu.Item leftSection={<IconCheck size={16} />} onClick={() => change({ disabled: false })}>
                {t('enable')}
              </Menu.Item>
            ) : (
              <Menu.Item leftSection={<IconBan size={16} />} onClick={disable}>
                {t('disable')}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      ) : (
        <span className={classes.gap} />
      )}
    </li>
  );
}
