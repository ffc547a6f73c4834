import { type ReactNode, useEffect } from 'react';
import { IconChevronLeft } from './icons.ts';
import classes from './Page.module.css';

interface Props {
  /** The one title of the page; also the window's. */
  title: string;
  /** What stands in place of the title, when it is more than text. */
  heading?: ReactNode;
  /** The way back to the list. */
  above?: ReactNode;
  note?: ReactNode;
  actions?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
}

export function Page({ title, heading, above, note, actions, narrow, children }: Props) {
  useEffect(() => {
    document.title = title ? `${title} · Rapport` : 'Rapport';
  }, [title]);
  return (
    <div className={narrow ? `${classes.page} ${classes.narrow}` : classes.page}>
      <header className={classes.head}>
        <div className={classes.titles}>
          {above && (
            <div className={classes.above}>
              <IconChevronLeft size={14} className="mirror" aria-hidden />
              {above}
            </div>
          )}
          <h1>{heading ?? title}</h1>
          {note && <p className={classes.note}>{note}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
