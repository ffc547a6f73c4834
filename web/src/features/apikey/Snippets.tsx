import { Tabs } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useBase } from '@/shared/me/queries.ts';
import { CopyField } from '@/shared/ui/CopyField.tsx';
import { snippets } from './snippets.ts';

export function Snippets({ secret, scope, browser }: { secret: string; scope: string; browser: boolean }) {
  const { t } = useTranslation('apikey');
  const list = snippets(useBase(), secret, scope, browser);
  return (
    <Tabs defaultValue={list[0]?.key} keepMounted={false}>
      <Tabs.List>
        {list.map((s) => (
          <Tabs.Tab key={s.key} value={s.key}>
            {t(`snippet.${s.key}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {list.map((s) => (
        <Tabs.Panel key={s.key} value={s.key} pt="sm">
          <CopyField text={s.text} label={t(`snippet.${s.key}`)} block />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
