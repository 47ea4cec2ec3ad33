import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { serviceWorker } from './scripts/service-worker';

/** Where the node runs that a page of the development server speaks to. */
const node = process.env.TEAMFLOW_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), serviceWorker()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  // The page's policy allows no inline script, style or font.
  build: { target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: {
    proxy: {
      '/api': { target: node, ws: true },
      '/health': node,
      '/docs': node,
    },
  },
});
