import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import classes from './CopyField.module.css';
import { IconCheck, IconCopy } from './icons.ts';

/** Text that is there to be taken along. */
export function CopyField({ text, label, block }: { text: string; label: string; block?: boolean }) {
  const { t } = useTranslation('shared');
  const clipboard = useClipboard({ timeout: 1500 });
  const word = clipboard.copied ? t('action.copied') : t('action.copy');
  return (
    <div className={block ? classes.block : classes.field} dir="ltr" role="group" aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box has to be reached by keyboard */}
      <pre className={classes.text} tabIndex={0}>
        {text}
      </pre>
      <Tooltip label={word}>
        <ActionIcon aria-label={word} onClick={() => clipboard.copy(text)}>
          {clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
