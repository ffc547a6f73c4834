import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { IconRefresh } from '@/shared/ui/icons.ts';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { useSendAgain } from './queries.ts';

/** Sends one refused event again, or all with one reason. */
export function SendAgain({ id, code }: { id?: string; code?: string }) {
  const { t } = useTranslation('activity');
  const text = useProblemText();
  const again = useSendAgain();
  const done = again.data;
  return (
    <span>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconRefresh size={14} aria-hidden />}
        loading={again.isPending}
        onClick={() => again.mutate(id ? { ids: [id] } : { code: code ?? '' })}
      >
        {id ? t('again.one') : t('again.all')}
      </Button>{' '}
      <span role="status" className="small">
        {again.error ? text(again.error) : done && t('again.done', { sent: done.sent, refused: done.refused, skipped: done.skipped })}
      </span>
    </span>
  );
}
