import { Button } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconArrowDown, IconArrowUp } from '../ui/icons.ts';
import { Bone, Problem, Waiting } from '../ui/states.tsx';
import classes from './DataList.module.css';
import type { Keyset } from './keyset.ts';
import { useListKeys } from './useListKeys.ts';

export interface Column<T> {
  key: string;
  label: string;
  /** A track of the grid, such as "minmax(160px, 2fr)". */
  width: string;
  end?: boolean;
  cell: (row: T) => ReactNode;
  /** The name by which the server sorts. */
  sort?: string;
  /** What the column is called in files; several, with commas. */
  file?: string;
}

export interface Sorting {
  by: string;
  down: boolean;
}

/** How many pages without enough rows follow each other before the reader is asked. */
const patient = 25;

interface Props<T> {
  label: string;
  list: Keyset<T>;
  columns: Column<T>[];
  rowKey: (row: T) => string;
  /** What a row looks like where there is no room for columns. */
  small: (row: T) => ReactNode;
  open?: (row: T) => void;
  sorting?: Sorting;
  onSort?: (s: Sorting) => void;
  empty: ReactNode;
  muted?: (row: T) => boolean;
}

/** A list of any length: only the rows in sight exist, and the next page is asked for before it is reached. */
export function DataList<T>({ label, list, columns, rowKey, small, open, sorting, onSort, empty, muted }: Props<T>) {
  const { t } = useTranslation('shared');
  const box = useRef<HTMLDivElement>(null);
  const { narrow, row: height, top } = useMeasures(box);
  const rows = list.rows ?? [];
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (narrow ? 68 : height),
    overscan: 12,
    scrollMargin: top,
    getItemKey: (i) => rowKey(rows[i] as T),
  });
  const { active, setActive } = useListKeys({
    count: rows.length,
    open: (i) => rows[i] && open?.(rows[i]),
    show: (i) => virtual.scrollToIndex(i, { align: 'auto' }),
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes are worked out again when the layout changes
  useLayoutEffect(() => virtual.measure(), [narrow, height]);

  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage, rare, isError } = list;
  // Where rows are rare, the search goes on by itself for a while, then only when it is told to.
  const [patience, setPatience] = useState(patient);
  const resting = hasNextPage && rare >= patience;
  useEffect(() => {
    if (rare === 0) setPatience(patient);
  }, [rare]);
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !resting && !isError && last >= rows.length - 15) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, resting, isError, last, rows.length]);

  const tracks = { gridTemplateColumns: columns.map((c) => c.width).join(' ') };

  let body: ReactNode;
  if (list.rows === undefined && list.error) body = <Problem error={list.error} retry={() => list.refetch()} />;
  else if (list.rows === undefined) body = <BoneRows narrow={narrow} tracks={tracks} columns={columns.length} />;
  else if (rows.length === 0 && hasNextPage) body = <p className={classes.looking}>{resting ? t('list.rareNone') : t('list.looking')}</p>;
  else if (rows.length === 0) body = empty;

  return (
    <div className={`card ${classes.list}`} ref={box} data-old={list.isPlaceholderData || undefined}>
      {body ?? (
        <div role="table" aria-label={label} aria-rowcount={hasNextPage ? -1 : rows.length + 1} aria-describedby={open && 'list-keys'}>
          <div role="rowgroup" className={narrow ? 'unseen' : classes.top}>
            <div role="row" className={classes.head} style={tracks} aria-rowindex={1}>
              {columns.map((c) => (
                <Heading key={c.key} column={c} sorting={sorting} onSort={onSort} />
              ))}
            </div>
          </div>
          <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const row = rows[item.index] as T;
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the row holds a link, and J, K and Enter work on the list
                <div
                  key={item.key}
                  role="row"
                  aria-rowindex={item.index + 2}
                  className={`${narrow ? classes.small : classes.row} ${muted?.(row) ? classes.muted : ''}`}
                  data-active={item.index === active || undefined}
                  data-open={open ? true : undefined}
                  style={{
                    ...(narrow ? {} : tracks),
                    height: item.size,
                    transform: `translateY(${item.start - virtual.options.scrollMargin}px)`,
                  }}
                  onClick={(e) => {
                    if (!open || (e.target as HTMLElement).closest('a, button, input, label') || getSelection()?.toString()) return;
                    setActive(item.index);
                    open(row);
                  }}
                >
                  {narrow ? (
                    <div role="cell" aria-colspan={columns.length} className={classes.smallCell}>
                      {small(row)}
                    </div>
                  ) : (
                    columns.map((c) => (
                      <div role="cell" key={c.key} className={c.end ? `${classes.cell} ${classes.end}` : classes.cell}>
                        {c.cell(row)}
                      </div>
                    ))
                  )}
                </div>
              );
            })}
          </div>
        </div>
      )}
      {open && rows.length > 0 && (
        <p id="list-keys" className="unseen">
          {t('list.keys')}
        </p>
      )}
      {rows.length > 0 && hasNextPage && (
        <p className={classes.more} role="status">
          {isFetchingNextPage ? (rare > 0 ? t('list.looking') : t('state.more')) : ' '}
        </p>
      )}
      {resting && (
        <div className={classes.looking}>
          {rows.length > 0 && <p>{t('list.rare')}</p>}
          <Button variant="default" onClick={() => setPatience(rare + patient)}>
            {t('list.lookOn')}
          </Button>
        </div>
      )}
      {rows.length > 0 && list.error && <Problem error={list.error} retry={() => list.refetch()} slim />}
    </div>
  );
}

function Heading<T>({ column, sorting, onSort }: { column: Column<T>; sorting?: Sorting; onSort?: (s: Sorting) => void }) {
  const { t } = useTranslation('shared');
  const on = column.sort !== undefined && sorting?.by === column.sort;
  const Icon = on && !sorting?.down ? IconArrowUp : IconArrowDown;
  return (
    <div
      role="columnheader"
      aria-sort={on ? (sorting?.down ? 'descending' : 'ascending') : undefined}
      className={column.end ? `${classes.cell} ${classes.end}` : classes.cell}
    >
      {column.sort && onSort ? (
        <button
          type="button"
          className={classes.sort}
          data-on={on || undefined}
          aria-label={t('list.sortBy', { column: column.label })}
          onClick={() => onSort({ by: column.sort as string, down: on ? !sorting?.down : column.end === true })}
        >
          {column.label}
          <Icon size={13} aria-hidden />
        </button>
      ) : (
        column.label
      )}
    </div>
  );
}

function BoneRows({ narrow, tracks, columns }: { narrow: boolean; tracks: React.CSSProperties; columns: number }) {
  return (
    <Waiting>
      <div aria-hidden>
        {Array.from({ length: 10 }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows never change places
          <div key={i} className={narrow ? classes.smallBone : classes.bone} style={narrow ? undefined : tracks}>
            {Array.from({ length: narrow ? 1 : columns }, (_, c) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: nor do the columns
              <Bone key={c} width={`${45 + ((i * 7 + c * 13) % 45)}%`} />
            ))}
          </div>
        ))}
      </div>
    </Waiting>
  );
}

/** The room there is and the height of a row, which follow the window and the density. */
function useMeasures(box: React.RefObject<HTMLDivElement | null>) {
  const [m, setM] = useState({ narrow: window.innerWidth < 720, row: 44, top: 0 });
  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return;
    const look = () => {
      const rect = el.getBoundingClientRect();
      const row = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row')) || 44;
      const narrow = rect.width < 640;
      const top = rect.top + window.scrollY + (narrow ? 0 : 36);
      setM((old) => (old.narrow === narrow && old.row === row && Math.abs(old.top - top) < 1 ? old : { narrow, row, top }));
    };
    look();
    const watch = new ResizeObserver(look);
    watch.observe(el);
    watch.observe(document.documentElement);
    return () => watch.disconnect();
  }, [box]);
  return m;
}
