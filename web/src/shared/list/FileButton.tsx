import { Button, Checkbox, Popover, Radio, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconDownload } from '../ui/icons.ts';
import type { FileChoice } from './search.ts';
import classes from './Toolbar.module.css';

interface Props {
  address: (choice: FileChoice) => string;
  /** The columns that are shown now, as files call them. */
  shown: string;
  personal?: boolean;
}

/** Takes the list out as a file: the rows with the filters that stand above it. The browser's own list of downloads shows how far it is and ends it. */
export function FileButton({ address, shown, personal }: Props) {
  const { t } = useTranslation('shared');
  const [open, setOpen] = useState(false);
  const [format, setFormat] = useState<FileChoice['format']>('xlsx');
  const [all, setAll] = useState(false);
  const [bom, setBom] = useState(true);
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus returnFocus width={300} shadow="md">
      <Popover.Target>
        <Button
          variant="default"
          className={classes.file}
          leftSection={<IconDownload size={16} aria-hidden />}
          aria-haspopup="dialog"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {t('list.export')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.filters} aria-label={t('list.export')}>
        <SegmentedControl
          aria-label={t('list.format')}
          value={format}
          onChange={(v) => setFormat(v as FileChoice['format'])}
          data={[
            { value: 'xlsx', label: 'XLSX' },
            { value: 'csv', label: 'CSV' },
          ]}
          fullWidth
        />
        {format === 'csv' && <Checkbox label={t('list.bom')} checked={bom} onChange={(e) => setBom(e.currentTarget.checked)} />}
        <Radio.Group value={all ? 'all' : 'shown'} onChange={(v) => setAll(v === 'all')} label={t('list.columns')}>
          <div className={classes.choices}>
            <Radio value="shown" label={t('list.columnsShown')} />
            <Radio value="all" label={t('list.columnsAll')} />
          </div>
        </Radio.Group>
        <p className="small dim">{t(personal ? 'list.exportPersonal' : 'list.exportHelp')}</p>
        <Button component="a" href={address({ format, bom, columns: all ? '' : shown })} download onClick={() => setOpen(false)}>
          {t('list.download')}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
