/** What a client needs of the browser: one object, so that tests can bring their own, and what is absent can be lived without. */
import type { ClientOptions } from './api';

/** As much of a WebSocket as is used. */
export interface Socket {
  send(text: string): void;
  close(code?: number): void;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
}

export interface Channel {
  post(message: unknown): void;
  listen(listener: (message: unknown) => void): () => void;
}

export interface Environment {
  origin: string;
  fetch(url: string, init: RequestInit): Promise<Response>;
  openSocket(url: string): Socket;
  /** Absent where the page is no secure context. */
  locks: LockManager | null;
  /** To the other tabs. */
  channel: Channel | null;
  indexedDB: IDBFactory | null;
  isOnline(): boolean;
  on(what: 'online' | 'offline' | 'visible' | 'hidden', listener: () => void): () => void;
  /** Calls once, when the next frame is drawn, or soon where none is. */
  onFrame(callback: () => void): void;
  random(): number;
}

/** A frame that is not drawn by then, as in a hidden tab, is not waited for. */
const FRAME_AT_LATEST_MS = 100;

export function browserEnvironment(options: ClientOptions = {}): Environment {
  return {
    origin: options.origin ?? globalThis.location.origin,
    fetch: (url, init) => fetch(url, init),
    openSocket: (url) => new WebSocket(url, 'teamflow.v1'),
    locks: globalThis.navigator.locks ?? null,
    channel: typeof BroadcastChannel === 'undefined' ? null : openChannel(),
    indexedDB: globalThis.indexedDB ?? null,
    isOnline: () => globalThis.navigator.onLine,
    on: listen,
    onFrame,
    random: Math.random,
  };
}

function openChannel(): Channel {
  const channel = new BroadcastChannel('teamflow');
  return {
    post: (message) => channel.postMessage(message),
    listen(listener) {
      const heard = (event: MessageEvent) => listener(event.data);
      channel.addEventListener('message', heard);
      return () => channel.removeEventListener('message', heard);
    },
  };
}

function listen(what: 'online' | 'offline' | 'visible' | 'hidden', listener: () => void): () => void {
  if (what === 'online' || what === 'offline') {
    addEventListener(what, listener);
    return () => removeEventListener(what, listener);
  }
  const changed = () => {
    if (document.visibilityState === what) listener();
  };
  document.addEventListener('visibilitychange', changed);
  // Some browsers close a page without hiding it first.
  if (what === 'hidden') addEventListener('pagehide', listener);
  return () => {
    document.removeEventListener('visibilitychange', changed);
    removeEventListener('pagehide', listener);
  };
}

function onFrame(callback: () => void): void {
  let called = false;
  const once = () => {
    if (called) return;
    called = true;
    clearTimeout(timer);
    callback();
  };
  const timer = setTimeout(once, FRAME_AT_LATEST_MS);
  requestAnimationFrame(once);
}
