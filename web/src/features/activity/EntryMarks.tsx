import { useTranslation } from 'react-i18next';
import { isolated } from '@/shared/format/isolated.ts';
import { Status } from '@/shared/ui/Status.tsx';
import type { Entry } from './queries.ts';

/** What one should know about a name at a glance. */
export function EntryMarks({ entry: e }: { entry: Pick<Entry, 'rule' | 'alike' | 'expected'> }) {
  const { t } = useTranslation('activity');
  return (
    <>
      {e.rule?.action === 'block' && <Status tone="bad">{t('mark.blocked')}</Status>}
      {e.rule?.action === 'rename' && <Status tone="busy">{t('mark.renamed', { to: isolated(e.rule.target) })}</Status>}
      {(e.alike ?? []).length > 0 && <Status tone="warn">{t('mark.alike', { name: isolated((e.alike ?? [])[0] ?? '') })}</Status>}
      {e.expected === 'unexpected' && <Status tone="warn">{t('mark.unexpected')}</Status>}
    </>
  );
}
