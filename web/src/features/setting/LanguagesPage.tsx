import { Select } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { makeFormat } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { offered } from '@/shared/i18n/languages.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { Page } from '@/shared/ui/Page.tsx';
import { SettingsCard } from '@/shared/ui/Settings.tsx';
import { Loaded, NoPermission } from '@/shared/ui/states.tsx';
import { say } from '@/shared/ui/undo.tsx';
import { useSaveSettings, useSettings } from './queries.ts';
import classes from './Setting.module.css';

/** The language of the program, and how each language writes. */
export function LanguagesPage() {
  const { t } = useTranslation('setting');
  const may = useMay();
  if (!may('setting.read')) {
    return (
      <Page title={t('languages.title')}>
        <NoPermission />
      </Page>
    );
  }
  return (
    <Page title={t('languages.title')}>
      <Program />
      <Offered />
    </Page>
  );
}

function Program() {
  const settings = useSettings();
  return <Loaded query={settings}>{({ language }) => <Choose key={language} language={language} />}</Loaded>;
}

function Choose({ language }: { language: string }) {
  const { t } = useTranslation('setting');
  const may = useMay();
  const save = useSaveSettings();
  const [value, setValue] = useState(language);
  return (
    <SettingsCard
      title={t('languages.program')}
      note={t('languages.programNote')}
      onSave={() => save.mutate({ language: value }, { onSuccess: () => say(t('saved')) })}
      saving={save.isPending}
      changed={value !== language}
      error={save.error}
    >
      <Select
        label={t('languages.language')}
        disabled={!may('setting.write')}
        allowDeselect={false}
        data={offered.map((l) => ({ value: l.code, label: l.name }))}
        value={value}
        onChange={(v) => v && setValue(v)}
      />
      <p className="small">
        <Link to="/settings/account">{t('languages.own')}</Link>
      </p>
    </SettingsCard>
  );
}

function Offered() {
  const { t } = useTranslation('setting');
  const f = useFormat();
  const now = Date.now();
  return (
    <Card title={t('languages.offered')} flush>
      <ul className={classes.list}>
        {offered.map((l) => {
          const own = makeFormat({ language: l.code, calendar: '', zone: f.zone });
          return (
            <li key={l.code}>
              <span className={classes.strong} lang={l.code}>
                <bdi>{l.name}</bdi>
              </span>
              <span className="small dim" lang={l.code} dir={l.dir}>
                {[own.day(now), own.number(1234567.89), own.money({ amount: '1234.50', currency: 'EUR' })].join(' · ')}
              </span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
