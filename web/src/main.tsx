import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './shared/theme/fonts.ts';
import './shared/theme/tokens.css';
import './shared/theme/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { startLanguage } from './shared/i18n/i18n.ts';
import { prefs } from './shared/prefs/prefs.ts';
import { laterFonts } from './shared/theme/fonts.ts';

const root = document.getElementById('root');
if (root) {
  startLanguage(prefs().language).then(() => {
    createRoot(root).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
    laterFonts();
  });
}
