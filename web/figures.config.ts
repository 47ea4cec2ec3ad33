import { defineConfig } from '@playwright/test';
import config from './playwright.config';

/** The app's figures, one after the other, with nothing else running: `npm run figures`. */
export default defineConfig({
  ...config,
  testDir: 'e2e/figures',
  testMatch: '*.ts',
  testIgnore: [],
  workers: 1,
  retries: 0,
  timeout: 300_000,
  reporter: 'line',
});
