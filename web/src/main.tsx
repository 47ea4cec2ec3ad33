import '@/theme/base.css';
import { DirectionProvider } from '@base-ui/react/direction-provider';
import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from '@/app/App';
import { ClientProvider } from '@/app/client';
import { keepScroll } from '@/app/scroll';
import { I18nProvider, initialLocale, loadCatalogue, useI18n } from '@/i18n';
import { createClient } from '@/sync';
import { applyTheme } from '@/theme/theme';
import { registerWorker } from '@/worker/versions';

applyTheme();
keepScroll();
registerWorker();
const locale = initialLocale();
const client = createClient();
const root = document.getElementById('root');
if (!root) throw new Error('no root');

void client.auth.resume();
const catalogue = await loadCatalogue(locale);
createRoot(root).render(
  <StrictMode>
    <I18nProvider locale={locale} catalogue={catalogue}>
      <Directed>
        <ClientProvider client={client}>
          <App />
        </ClientProvider>
      </Directed>
    </I18nProvider>
  </StrictMode>,
);

function Directed(props: { children: ReactNode }) {
  return <DirectionProvider direction={useI18n().dir}>{props.children}</DirectionProvider>;
}
