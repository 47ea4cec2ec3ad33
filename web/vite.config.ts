import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { serviceWorker } from './scripts/service-worker';

/** Where the node runs that a page of the development server speaks to. */
const node = process.env.TEAMFLOW_URL ?? 'http://127.0.0.1:8080';

/** Small parts that most pages have: together they are fewer files, and compress better. */
const PARTS =
  /src\/(ui\/(Avatar|Button|Empty|Field|Menu|Dialog|toast|at-rest|menu-parts|useMedia)|app\/(?!Drawer|SignOut)[\w-]+|pages\/(Problem|shapes)|command\/registry)\.|lucide-react/;
const GROUPS = [{ name: 'parts', test: PARTS }];

export default defineConfig({
  plugins: [react(), serviceWorker()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  // The page's policy allows no inline script, style or font.
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: GROUPS } } },
  },
  server: {
    proxy: {
      '/api': { target: node, ws: true },
      '/health': node,
      '/docs': node,
    },
  },
});
