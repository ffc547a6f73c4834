import { useTranslation } from 'react-i18next';
import { Status } from '@/shared/ui/Status.tsx';
import type { Entry } from './queries.ts';

/** What one should know about a name at a glance. */
export function EntryMarks({ entry: e }: { entry: Pick<Entry, 'rule' | 'alike' | 'expected'> }) {
  const { t } = useTranslation('activity');
  return (
    <>
      {e.rule?.action === 'block' && <Status tone="bad">{t('mark.blocked')}</Status>}
      {e.rule?.action === 'rename' && <Status tone="busy">{t('mark.renamed', { to: e.rule.target })}</Status>}
      {(e.alike ?? []).length > 0 && <Status tone="warn">{t('mark.alike', { name: (e.alike ?? [])[0] })}</Status>}
      {e.expected === 'unexpected' && <Status tone="warn">{t('mark.unexpected')}</Status>}
    </>
  );
}
