import { SegmentedControl } from '@mantine/core';
import type { ReactNode } from 'react';
import { offered } from '@/shared/i18n/languages.ts';
import { setPrefs, usePrefs } from '@/shared/prefs/prefs.ts';
import { Mark } from '@/shared/ui/Mark.tsx';
import classes from './Gate.module.css';

/** The frame of the pages before the door: sign-in and set-up. */
export function Gate({ title, lead, children, wide }: { title: string; lead: string; children: ReactNode; wide?: boolean }) {
  const { language } = usePrefs();
  return (
    <div className={classes.gate}>
      <main className={`${classes.sheet} ${wide ? classes.wide : ''}`} id="content">
        <header className={classes.head}>
          <Mark size={40} />
          <h1>{title}</h1>
          <p className="dim">{lead}</p>
        </header>
        {children}
        <footer className={classes.foot}>
          <SegmentedControl
            size="xs"
            aria-label={title}
            value={language}
            onChange={(code) => setPrefs({ language: code })}
            data={offered.map((l) => ({ value: l.code, label: <span lang={l.code}>{l.name}</span> }))}
          />
        </footer>
      </main>
    </div>
  );
}
