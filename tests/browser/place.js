// The server and the sandbox bank that the tests talk to: given by VEZNE_URL and VEZNE_BANK_URL, or started here from
// VEZNE_BIN, VEZNE_SANDBOX_BIN and VEZNE_COMPONENTS in a folder that is thrown away.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_MS = 60_000;

export async function place() {
  if (process.env.VEZNE_URL) {
    return { url: process.env.VEZNE_URL, bank: process.env.VEZNE_BANK_URL || 'http://127.0.0.1:7071', stop: async () => {} };
  }
  const programs = ['VEZNE_BIN', 'VEZNE_SANDBOX_BIN', 'VEZNE_COMPONENTS'].map((name) => {
    if (!process.env[name]) throw new Error(`${name} is not set: run \`cargo xtask test --only browser\`, or set VEZNE_URL`);
    return process.env[name];
  });
  return start(...programs);
}

async function start(server, bankProgram, components) {
  const folder = mkdtempSync(join(tmpdir(), 'vezne-browser-'));
  const [port, bankPort] = [await freePort(), await freePort()];
  const [url, bank] = [port, bankPort].map((p) => `http://127.0.0.1:${p}`);
  const env = {
    ...process.env,
    VEZNE_DATABASE_URL: `sqlite:${join(folder, 'vezne.sqlite')}`,
    VEZNE_PLUGINS_DIR: components,
    VEZNE_PRIVATE_DIR: join(folder, 'private'),
    VEZNE_LISTEN: `127.0.0.1:${port}`,
    VEZNE_PUBLIC_URL: url,
    VEZNE_SANDBOX: 'true',
    VEZNE_SANDBOX_URL: bank,
    // A bank that says nothing is given up sooner, so that the story of a doubt does not take a minute.
    VEZNE_BANK_DEADLINE_MS: '8000',
  };
  for (const act of ['migrate', 'seed']) {
    const done = spawnSync(server, [act], { cwd: folder, env, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`vezne ${act}: ${done.stderr || done.error}`);
  }
  const log = (name) => join(folder, `${name}.log`);
  const run = (program, args, name) => {
    const out = openSync(log(name), 'w');
    return spawn(program, args, { cwd: folder, env, stdio: ['ignore', out, out] });
  };
  const running = [
    run(bankProgram, ['--port', String(bankPort), '--book', join(folder, 'bank-book.jsonl')], 'bank'),
    run(server, ['serve'], 'server'),
  ];
  const stop = async () => {
    for (const [name, one] of [['bank', running[0]], ['server', running[1]]]) {
      if (one.exitCode !== null || one.signalCode !== null) {
        console.error(`the ${name} ended early (${one.exitCode ?? one.signalCode}):\n${readFileSync(log(name), 'utf8').slice(-3000)}`);
      }
    }
    for (const one of [...running].reverse()) {
      const gone = new Promise((resolve) => one.once('exit', resolve));
      if (one.exitCode === null && one.signalCode === null) {
        one.kill('SIGINT');
        await gone;
      }
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([healthy(bank), healthy(url)]);
  } catch (error) {
    const said = readFileSync(log('server'), 'utf8').slice(-2000);
    await stop();
    throw new Error(`${error.message}\n${said}`);
  }
  return { url, bank, stop };
}

async function healthy(url) {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} did not become healthy`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
