import { useEffect, useRef, useState } from 'react';

interface Options {
  count: number;
  open: (index: number) => void;
  show: (index: number) => void;
}

/** J and K move a mark through a list, Enter opens what it stands on. Typing in a field is left alone. */
export function useListKeys(options: Options) {
  const [active, setActive] = useState(-1);
  const now = useRef({ ...options, active });
  now.current = { ...options, active };

  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
      const at = e.target as HTMLElement;
      if (at.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"], [role="listbox"]')) return;
      const { count, open, show, active } = now.current;
      const step = e.key === 'j' ? 1 : e.key === 'k' ? -1 : 0;
      if (step !== 0 && count > 0) {
        const next = Math.min(count - 1, Math.max(0, active + step));
        setActive(next);
        show(next);
        e.preventDefault();
      } else if (e.key === 'Enter' && active >= 0 && active < count && !at.closest('a, button')) {
        open(active);
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);

  return { active, setActive };
}
