/** Builds `sw.js`, and writes into it which files the app is made of. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { ASSETS, isOfShell } from '../src/worker/rules';

const NAME = 'sw.js';

export function serviceWorker(): Plugin {
  let folder = '';
  let publicFolder = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved({ build, publicDir }) {
      folder = build.outDir;
      publicFolder = publicDir;
    },
    buildStart() {
      const id = new URL('../src/worker/worker.ts', import.meta.url).pathname;
      this.emitFile({ type: 'chunk', id, fileName: NAME, preserveSignature: false });
    },
    writeBundle: {
      // After the page itself was written.
      order: 'post',
      handler(_options, bundle) {
        const names = [...Object.keys(bundle), ...readdirSync(publicFolder)];
        const shell = shellOf(
          folder,
          names
            .map((name) => `/${name}`)
            .filter(isOfShell)
            .sort(),
        );
        const path = join(folder, NAME);
        writeFileSync(path, readFileSync(path, 'utf8').replaceAll('__SHELL__', JSON.stringify(shell)));
      },
    },
  };
}

/** Names with a hash in them say what is in the files; of others the content counts. */
function shellOf(folder: string, paths: readonly string[]) {
  const hash = createHash('sha256');
  for (const path of paths) {
    hash.update(path);
    if (!path.startsWith(ASSETS)) hash.update(readFileSync(join(folder, path)));
  }
  const files = paths.map((path) => (path === '/index.html' ? '/' : path));
  return { version: hash.digest('hex').slice(0, 12), files };
}
