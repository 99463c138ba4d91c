// What a person does in the browser.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = process.env.VEZNE_PICTURES;

export const LOGINS = {
  admin: ['yonetici@mavileylek.example', 'mavi-leylek-yonetici'],
  clerk: ['muhasebe@mavileylek.example', 'mavi-leylek-muhasebe'],
  dealer: ['bayi@mavileylek.example', 'mavi-leylek-bayi'],
};

// Public test numbers of the sandbox bank: see its /admin/cards.
export const EXPIRES = '12 / 30';
export const CODE = '000';
export const GOOD_CARD = '4508 0345 0803 4509';

export async function browser() {
  return chromium.launch({
    executablePath: process.env.VEZNE_CHROMIUM || '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

export const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1280, height: 860 };

// A visitor with a device of its own. Every page it opens is watched for errors of script and of policy.
export async function visitor(chrome, url, { size = DESK, script = true, dark = false, language = 'tr' } = {}) {
  const context = await chrome.newContext({
    baseURL: url, viewport: size, javaScriptEnabled: script, colorScheme: dark ? 'dark' : 'light', locale: language,
  });
  const page = await context.newPage();
  const trouble = [];
  page.on('pageerror', (e) => trouble.push(String(e)));
  page.on('console', (m) => {
    if (m.type() === 'error' && /Content Security Policy|integrity/.test(m.text())) trouble.push(m.text());
  });
  return { context, page, trouble };
}

// The session of each login, so that thirty stories are not thirty sign-ins: addresses that sign in too often are held off.
const sessions = new Map();

export async function signIn(page, [email, password], { fresh = false } = {}) {
  const known = sessions.get(email);
  if (known && !fresh) return page.context().addCookies(known);
  await page.goto('/sign-in');
  await page.fill('#email', email);
  await page.fill('#password', password);
  await page.click('button.go');
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  const cookies = (await page.context().cookies()).filter((c) => c.httpOnly);
  if (!fresh) sessions.set(email, cookies);
}

export async function fillCard(page, number) {
  await page.fill('#card_number', number);
  await page.fill('#card_holder', 'DENEME KARTI');
  await page.fill('#expiry', EXPIRES);
  await page.fill('#security_code', CODE);
}

// The bank's page asks for a code and shows it, because it is a sandbox.
export async function confirmAtBank(page, act = 'confirm') {
  await page.waitForURL(/\/acs\//);
  if (act === 'confirm') await page.fill('#code', (await page.textContent('.hint strong')).trim());
  await page.click(`button[value=${act}]`);
}

// Without script the page that carries the card to the bank is sent on by hand.
export async function onToBank(page, script) {
  if (!script) await page.click('button');
}

export async function resultState(page, wanted, wait = 30_000) {
  await page.waitForURL(/\/result\//, { timeout: wait });
  await page.waitForSelector(`#result[data-state=${wanted}]`, { timeout: wait });
}

// What must hold on every page: no serious fault of accessibility, nothing to scroll sideways.
export async function inspect(chrome, visit, name) {
  const { page, context } = visit;
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth).catch(() => 0);
  assert.ok(sideways <= 0, `${name}: ${sideways} px to scroll sideways`);
  const found = await axe(context, page);
  assert.deepEqual(found, [], `${name}: ${JSON.stringify(found, null, 1)}`);
  assert.deepEqual(visit.trouble, [], name);
  await picture(page, name);
}

// axe is run on a copy of the page's own HTML in a context that allows it, because the pages' policy refuses foreign script.
async function axe(context, page) {
  const size = page.viewportSize();
  const dark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches).catch(() => false);
  const bench = await context.browser().newContext({ viewport: size, bypassCSP: true, colorScheme: dark ? 'dark' : 'light' });
  await bench.addCookies(await context.cookies());
  const copy = await bench.newPage();
  await copy.route(page.url(), (route) => route.continue());
  await copy.goto(page.url());
  await copy.evaluate(AXE);
  // A colour on its way to another is none that anybody reads.
  await copy.evaluate(() => document.getAnimations().filter((a) => Number.isFinite(a.effect.getComputedTiming().endTime)).forEach((a) => a.finish()));
  const found = await copy.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  await bench.close();
  return found.violations
    .filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => ({ id: v.id, at: v.nodes.map((n) => n.target.join(' ')) }));
}

export async function picture(page, name) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${name.replace(/[^\w-]+/g, '-')}.png`, fullPage: true });
}
