import { type PageInfo, pageInfo } from './context.ts';

/** Hears of every page that is shown. at is when it was; page is what the address and the way there were. */
export type Show = (page: PageInfo, at: number) => void;

/** Frameworks set the title of a new page just after its address. */
const TITLE = 60;

/**
 * Watches the pages of a shop that changes them without loading: pushState, replaceState and going back, and pages that come back from
 * the browser's memory. flush tells at once of a page that waits for its title.
 */
export function watchViews(hash: boolean, show: Show): { flush(): void } {
  let page = pageInfo(hash, document.referrer);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let at = 0;

  const flush = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = undefined;
    page.title = document.title;
    show(page, at);
  };
  const changed = () => {
    const next = pageInfo(hash, page.url);
    if (next.path + next.search === page.path + page.search) return;
    flush();
    page = next;
    at = Date.now();
    timer = setTimeout(flush, TITLE);
  };
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    history[name] = function (this: History, ...args: Parameters<History['pushState']>) {
      original.apply(this, args);
      try {
        changed();
      } catch {
        // The shop's navigation comes first.
      }
    };
  }
  addEventListener('popstate', changed);
  addEventListener('hashchange', changed);
  addEventListener('pageshow', (e) => {
    if (e.persisted) show(page, Date.now());
  });
  return { flush };
}
