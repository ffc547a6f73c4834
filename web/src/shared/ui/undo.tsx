import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { i18next } from '../i18n/i18n.ts';

const grace = 6000;

interface Options {
  /** What has been done, as the reader sees it. */
  message: string;
  /** Does it for good. */
  commit: () => Promise<unknown>;
  /** Puts the page back as it was. */
  revert: () => void;
  failed: (error: unknown) => void;
}

const waiting = new Set<() => void>();

// Whoever leaves the page has not said "undo".
window.addEventListener('pagehide', () => {
  for (const go of [...waiting]) go();
});

/** Does something a few seconds later, so that it can be taken back instead of being asked about. */
export function doWithUndo({ message, commit, revert, failed }: Options): void {
  const id = `undo-${Date.now()}`;
  const go = () => {
    if (!waiting.delete(go)) return;
    clearTimeout(timer);
    commit().catch((error: unknown) => {
      revert();
      failed(error);
    });
  };
  const timer = setTimeout(go, grace);
  waiting.add(go);
  notifications.show({
    id,
    autoClose: grace,
    withCloseButton: false,
    message: (
      <span style={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', gap: 'var(--space-4)' }}>
        {message}
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            waiting.delete(go);
            clearTimeout(timer);
            notifications.hide(id);
            revert();
          }}
        >
          {i18next.t('action.undo', { ns: 'shared' })}
        </Button>
      </span>
    ),
  });
}

const closeLabel = () => ({ 'aria-label': i18next.t('action.close', { ns: 'shared' }) });

/** Says that something was done. */
export function say(message: string): void {
  notifications.show({ message, closeButtonProps: closeLabel() });
}

/** Says that something went wrong. */
export function complain(message: string): void {
  notifications.show({ message, color: 'red', autoClose: 9000, closeButtonProps: closeLabel() });
}
