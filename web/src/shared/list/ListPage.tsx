import { Button } from '@mantine/core';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { remember, remembered } from '../prefs/prefs.ts';
import { Page } from '../ui/Page.tsx';
import { Empty } from '../ui/states.tsx';
import { type Column, DataList, type Sorting } from './DataList.tsx';
import { FileButton } from './FileButton.tsx';
import { type Filter, FilterButton, FilterChips, type Search } from './Filters.tsx';
import type { Keyset } from './keyset.ts';
import type { FileChoice } from './search.ts';
import { ColumnPicker, SearchField, Toolbar } from './Toolbar.tsx';

interface Props<T> {
  /** Under which the chosen columns are kept on this device. */
  name: string;
  title: string;
  list: Keyset<T>;
  /** The first one always stays. */
  columns: Column<T>[];
  /** Columns that are not shown until somebody chooses them. */
  hiddenFirst?: string[];
  rowKey: (row: T) => string;
  small: (row: T) => ReactNode;
  open?: (row: T) => void;
  muted?: (row: T) => boolean;
  /** The state of the list, which lives in the address, and how it is changed. */
  search: Search;
  onChange: (next: Search) => void;
  onClear: () => void;
  /** The parameter in which the words stand that are searched for. */
  words?: { key: string; label: string };
  filters: Filter[];
  sorting?: Sorting;
  onSort?: (s: Sorting) => void;
  /** Where the list is a file; absent for those who may not take it out. */
  file?: (choice: FileChoice) => string;
  personal?: boolean;
  /** Quick filters, and what else stands in the bar. */
  children?: ReactNode;
  actions?: ReactNode;
  noneFound: { title: string; help: string; clear: string };
  empty: ReactNode;
}

/** The shape of every list: search, filters as chips, columns, a file, and rows without end. Its state lives in the address, so a link shows the same. */
export function ListPage<T>(p: Props<T>) {
  const { t } = useTranslation('shared');
  const [hidden, setHidden] = useState<string[]>(() => remembered(`${p.name}.hidden`, p.hiddenFirst ?? []));
  const shown = p.columns.filter((c, i) => i === 0 || !hidden.includes(c.key));
  const { onChange, words } = p;
  const onWords = useCallback((text: string) => words && onChange({ [words.key]: text.trim() || undefined }), [onChange, words]);
  const ordinary = ['sort', 'up', 'down'];
  const narrowed = Object.entries(p.search).some(([key, v]) => v !== undefined && !ordinary.includes(key));
  const files = shown.map((c) => c.file).filter(Boolean);
  return (
    <Page title={p.title} actions={p.actions}>
      <Toolbar>
        {words && <SearchField label={words.label} value={String(p.search[words.key] ?? '')} onChange={onWords} />}
        {p.filters.length > 0 && <FilterButton filters={p.filters} search={p.search} onChange={onChange} />}
        {p.children}
        <span className="spring" />
        {p.file && <FileButton address={p.file} shown={files.join(',')} personal={p.personal} />}
        <ColumnPicker
          columns={p.columns.slice(1)}
          hidden={hidden}
          onChange={(h) => {
            setHidden(h);
            remember(`${p.name}.hidden`, h);
          }}
        />
      </Toolbar>
      <FilterChips filters={p.filters} search={p.search} onChange={onChange} />
      <DataList
        label={p.title}
        list={p.list}
        columns={shown}
        rowKey={p.rowKey}
        open={p.open}
        muted={p.muted}
        sorting={p.sorting}
        onSort={p.onSort}
        small={p.small}
        empty={
          narrowed ? (
            <Empty
              title={p.noneFound.title}
              action={
                <Button variant="default" onClick={p.onClear}>
                  {p.noneFound.clear || t('action.clear')}
                </Button>
              }
            >
              {p.noneFound.help}
            </Empty>
          ) : (
            p.empty
          )
        }
      />
    </Page>
  );
}
