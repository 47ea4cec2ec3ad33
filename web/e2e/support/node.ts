/** The real server on a free port, with a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const target = process.env.CARGO_TARGET_DIR ?? '../target';
const binary = resolve(process.env.TEAMFLOW_BIN ?? join(target, 'debug', 'teamflow'));

export class TeamFlow {
  private child: ChildProcess | null = null;
  private port = 0;
  private readonly folder = mkdtempSync(join(tmpdir(), 'teamflow-e2e-'));
  private readonly flags: readonly string[];
  private readonly env: Record<string, string>;

  /** `flags` are those of `serve`; `env` holds variables beside the usual ones. */
  constructor(flags: readonly string[] = [], env: Record<string, string> = {}) {
    this.flags = flags;
    this.env = { TEAMFLOW_ENV: 'test', TEAMFLOW_LOG: 'warn', TEAMFLOW_RATE_LIMITS: 'off', ...env };
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Starts it, again on the port that it had, and waits until it answers. */
  async start(): Promise<this> {
    const out = openSync(this.log, 'a');
    const printed = readFileSync(this.log, 'utf8').length;
    const child = spawn(binary, ['serve', ...this.flags], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, HOME: this.folder, TEAMFLOW_LISTEN: `127.0.0.1:${this.port}`, ...this.env },
      stdio: ['ignore', out, out],
    });
    closeSync(out);
    this.child = child;
    for (let waited = 0; waited < 60_000; waited += 20) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${this.printed()}`);
      this.port ||= Number(/http:\/\/127\.0\.0\.1:(\d+)\D/.exec(this.printed().slice(printed))?.[1] ?? 0);
      if (this.port && (await fetch(`${this.url}/health/ready`).catch(() => null))?.ok) return this;
      await sleep(20);
    }
    throw new Error(`the server does not answer:\n${this.printed()}`);
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await ended;
  }

  /** Runs another subcommand on the same data; resolves with what it printed. */
  async run(...args: string[]): Promise<string> {
    const child = spawn(binary, args, {
      cwd: this.folder,
      env: { PATH: process.env.PATH, HOME: this.folder, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    child.stdout.on('data', (chunk) => (printed += chunk));
    child.stderr.on('data', (chunk) => (printed += chunk));
    const code = await new Promise((done) => child.once('close', done));
    if (code !== 0) throw new Error(`teamflow ${args.join(' ')} ended with ${code}:\n${printed}`);
    return printed;
  }

  /** Ends it and throws its data away; fails if it ever panicked. */
  async discard(): Promise<void> {
    await this.kill();
    const printed = this.printed();
    rmSync(this.folder, { recursive: true, force: true });
    if (printed.includes('panicked at')) throw new Error(`the server panicked:\n${printed}`);
  }

  private get log(): string {
    return join(this.folder, 'log');
  }

  private printed(): string {
    return readFileSync(this.log, 'utf8');
  }
}
