import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useTranslation } from 'react-i18next';
import { IconRefresh } from '@/shared/ui/icons.ts';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { useSendAgain } from './queries.ts';

/** Sends one refused event again, or all with one reason. */
export function SendAgain({ id, code }: { id?: string; code?: string }) {
  const { t } = useTranslation('activity');
  const text = useProblemText();
  const again = useSendAgain((r) => notifications.show({ message: t('again.done', { ...r }) }));
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
      {again.error && (
        <span role="alert" className="small">
          {text(again.error)}
        </span>
      )}
    </span>
  );
}
