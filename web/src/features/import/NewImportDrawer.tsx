import { Button, Drawer, Progress } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type DragEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Progress as Sent } from '@/api/client.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { FileDrawing } from '@/shared/ui/drawings.tsx';
import { useProblemText } from '@/shared/ui/problemText.ts';
import classes from './Import.module.css';
import { useUpload } from './queries.ts';

/** The first step: a file is sent. What it holds is found out by the server and shown on a page of its own. */
export function NewImportDrawer({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('import');
  const { t: shared } = useTranslation('shared');
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      size={480}
      title={<strong>{t('new')}</strong>}
      closeButtonProps={{ 'aria-label': shared('action.close') }}
    >
      <Form />
    </Drawer>
  );
}

function Form() {
  const { t } = useTranslation('import');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const text = useProblemText();
  const navigate = useNavigate();
  const [file, setFile] = useState<File>();
  const [sent, setSent] = useState<Sent>();
  const abort = useRef<AbortController>(undefined);
  const send = useUpload(setSent);
  const go = (chosen: File | undefined) => {
    if (!chosen) return;
    setFile(chosen);
    setSent(undefined);
    abort.current = new AbortController();
    send.mutate(
      { file: chosen, signal: abort.current.signal },
      { onSuccess: (i) => navigate({ to: '/imports/$importId', params: { importId: i.id } }) },
    );
  };
  return (
    <div className={classes.form}>
      <DropField file={file} choose={go} busy={send.isPending} />
      {send.isPending && (
        <div className={classes.progress}>
          <Progress value={sent ? (sent.sent / Math.max(1, sent.total)) * 100 : 0} aria-label={t('form.sending')} />
          <p className="small dim">
            {sent && sent.sent < sent.total ? t('form.sent', { sent: f.bytes(sent.sent), total: f.bytes(sent.total) }) : t('form.looking')}
          </p>
          <Button variant="default" onClick={() => abort.current?.abort()}>
            {shared('action.cancel')}
          </Button>
        </div>
      )}
      {send.error && (
        <p className={classes.trouble} role="alert">
          {text(send.error)}
        </p>
      )}
      <p className="small dim">{t('form.privacy')}</p>
    </div>
  );
}

function DropField({ file, choose, busy }: { file: File | undefined; choose: (f: File | undefined) => void; busy: boolean }) {
  const { t } = useTranslation('import');
  const f = useFormat();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drop = (e: DragEvent) => {
    e.preventDefault();
    setOver(false);
    if (!busy) choose(e.dataTransfer.files[0]);
  };
  return (
    <>
      <button
        type="button"
        className={classes.drop}
        data-over={over || undefined}
        disabled={busy}
        onClick={() => input.current?.click()}
        onDragOver={(e) => {
          e.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <span className={classes.drawing}>
          <FileDrawing />
        </span>
        {file ? (
          <>
            <strong dir="auto">{file.name}</strong>
            <span className="small dim">{f.bytes(file.size)}</span>
          </>
        ) : (
          <>
            <strong>{t('form.choose')}</strong>
            <span className="small dim">{t('form.chooseHelp')}</span>
          </>
        )}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t('form.choose')}
        onChange={(e) => {
          choose(e.currentTarget.files?.[0]);
          e.currentTarget.value = '';
        }}
      />
    </>
  );
}
