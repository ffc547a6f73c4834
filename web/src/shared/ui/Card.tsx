import type { ReactNode } from 'react';
import classes from './Card.module.css';

interface Props {
  title?: ReactNode;
  actions?: ReactNode;
  /** Content that draws its own edges, such as a list. */
  flush?: boolean;
  children: ReactNode;
  label?: string;
}

/** A sheet with a heading. */
export function Card({ title, actions, flush, children, label }: Props) {
  return (
    <section className={`card ${classes.card}`} aria-label={label ?? (typeof title === 'string' ? title : undefined)}>
      {(title || actions) && (
        <header className={classes.head}>
          {title && <h2 className={classes.title}>{title}</h2>}
          {actions && <div className={classes.actions}>{actions}</div>}
        </header>
      )}
      <div className={flush ? undefined : classes.body}>{children}</div>
    </section>
  );
}

/** Names and values, one under the other. */
export function Facts({ rows }: { rows: [ReactNode, ReactNode][] }) {
  const shown = rows.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return (
    <dl className={classes.facts}>
      {shown.map(([name, value], i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are fixed
        <div key={i}>
          <dt>{name}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
