// Each file holds @font-face rules cut by script (unicode-range): a browser fetches a font when a letter of it is on the page, so names of customers show
// right whatever the language of the reader.
import '@fontsource-variable/inter/index.css';
import '@fontsource-variable/vazirmatn/index.css';
import '@fontsource-variable/noto-sans-devanagari/index.css';
import '@fontsource-variable/noto-sans-malayalam/index.css';
import '@fontsource-variable/noto-sans-ethiopic/index.css';

/** Japanese needs more than a hundred rules: they come when the page stands. */
export function laterFonts(): void {
  const load = () => void import('@fontsource-variable/noto-sans-jp/index.css');
  if ('requestIdleCallback' in window) requestIdleCallback(load, { timeout: 4000 });
  else setTimeout(load, 2000);
}
