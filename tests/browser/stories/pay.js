// Paying: a whole 3-D Secure payment by hand on phone and desk, light and dark, with script and without; what goes wrong.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { CODE, DESK, EXPIRES, GOOD_CARD, LOGINS, PHONE, confirmAtBank, fillCard, inspect, onToBank, resultState, signIn, visitor } from '../person.js';

const WAYS = [
  { name: 'phone, light, script', size: PHONE, dark: false, script: true },
  { name: 'phone, dark, no script', size: PHONE, dark: true, script: false },
  { name: 'desk, dark, script', size: DESK, dark: true, script: true },
  { name: 'desk, light, no script', size: DESK, dark: false, script: false },
];

export function payStories(world) {
  describe('paying', () => {
    for (const way of WAYS) {
      it(`3-D Secure by hand: ${way.name}`, async () => {
        const visit = await dealerAtPay(world, way);
        await setAmount(visit.page, way.script, '125,50');
        await inspect(world.chrome, visit, `pay ${way.name}`);
        await fillCard(visit.page, GOOD_CARD);
        await visit.page.click('#go');
        await onToBank(visit.page, way.script);
        await confirmAtBank(visit.page);
        await backFromBank(visit.page, way.script);
        await resultState(visit.page, 'succeeded');
        await inspect(world.chrome, visit, `result succeeded ${way.name}`);
        await visit.page.click('a.go');
        await visit.page.waitForURL(/\/receipt$/);
        await inspect(world.chrome, visit, `receipt ${way.name}`);
        await visit.context.close();
      });
    }

    it('recognises the card, offers instalments and says the amount on the button', async () => {
      const visit = await dealerAtPay(world, { size: PHONE, script: true });
      const { page } = visit;
      await setAmount(page, true, '1.000,00');
      await page.locator('#card_number').pressSequentially(GOOD_CARD.replaceAll(' ', ''));
      assert.equal(await page.inputValue('#card_number'), GOOD_CARD);
      await page.waitForSelector('#known .row');
      const options = page.locator('#plan input[type=radio]:not([disabled])');
      await page.waitForFunction(() => document.querySelectorAll('#plan input[type=radio]').length > 1);
      await options.last().check({ force: true });
      const total = await options.last().getAttribute('data-total');
      assert.ok((await page.textContent('#go')).includes(total));
      assert.equal(await page.textContent('#total'), total);
      await page.fill('#card_number', '4508 0345 0803 4500');
      await page.locator('#card_number').blur();
      assert.equal(await page.getAttribute('#card_number', 'aria-invalid'), 'true');
      await visit.context.close();
    });

    it('shows instalments without script by a round trip', async () => {
      const visit = await dealerAtPay(world, { size: PHONE, script: false });
      await setAmount(visit.page, false, '1.000,00', '450803');
      assert.ok((await visit.page.locator('#plan input[type=radio]').count()) > 1);
      assert.match(await visit.page.textContent('#go'), /1\.000,00/);
      await visit.context.close();
    });

    it('says why a card was declined, what to do, and keeps the amount', async () => {
      const visit = await payBy(world, '10,00', await cardOf(world, (c) => c.bank_code === '51'));
      await resultState(visit.page, 'declined');
      await inspect(world.chrome, visit, 'result declined');
      await visit.page.click('a.go');
      await visit.page.waitForURL(/\/pay\?/);
      assert.equal(await visit.page.inputValue('#amount'), '10,00');
      await visit.context.close();
    });

    for (const script of [true, false]) {
      it(`a clerk types a card that was ordered by mail, ${script ? 'script' : 'no script'}: no code, no bank page`, async () => {
        const visit = await visitor(world.chrome, world.url, { size: PHONE, script });
        const { page } = visit;
        await signIn(page, LOGINS.clerk, { fresh: !script });
        await page.goto(`/pay?open=1${script ? '' : '&channel=mail_order'}`);
        await setAmount(page, script, '21,50');
        if (script) await page.check('#channel');
        assert.ok(await page.isChecked('#channel'));
        await inspect(world.chrome, visit, `pay mail order ${script}`);
        await page.fill('#card_number', GOOD_CARD);
        await page.fill('#expiry', EXPIRES);
        await page.click('#go');
        await resultState(page, 'succeeded');
        await visit.context.close();
      });
    }

    it('says when 3-D was given up at the bank', async () => {
      const visit = await payBy(world, '11,00', GOOD_CARD, 'cancel');
      await visit.page.waitForURL(/\/result\//);
      await visit.page.waitForSelector('#result[data-state=declined], #result[data-state=failed], #result[data-state=canceled]');
      await visit.context.close();
    });

    it('in doubt: do not pay again, no button to pay, and it resolves itself', async () => {
      const silent = await cardOf(world, (c) => c.group === 'silence');
      const visit = await payBy(world, '12,00', silent, 'confirm', 90_000);
      await visit.page.waitForURL(/\/result\//, { timeout: 90_000 });
      await visit.page.waitForSelector('#result[data-state=unknown], #result[data-state=processing]', { timeout: 60_000 });
      assert.equal(await visit.page.locator('a[href^="/pay"]').count(), 0);
      await inspect(world.chrome, visit, 'result unknown');
      await visit.page.waitForSelector('#result[data-state=succeeded], #result[data-state=declined], #result[data-state=failed]', { timeout: 180_000 });
      await visit.context.close();
    });

    it('comes back with the wrong fields marked and the amount kept', async () => {
      const visit = await dealerAtPay(world, { size: PHONE, script: false });
      await setAmount(visit.page, false, '77,00');
      await fillCard(visit.page, '4508 0345 0803 4500');
      await visit.page.click('#go');
      await visit.page.waitForSelector('#card_number[aria-invalid=true]');
      assert.equal(await visit.page.inputValue('#amount'), '77,00');
      assert.equal(await visit.page.inputValue('#card_number'), '');
      assert.ok(!visit.page.url().includes('4508'), 'no digit of a card in an address');
      await visit.context.close();
    });

    it('weighs at most 40 kB, its script at most 8 kB, and has no WebAssembly', async () => {
      const visit = await visitor(world.chrome, world.url, { size: PHONE });
      await signIn(visit.page, LOGINS.dealer);
      const cold = await world.chrome.newContext({ baseURL: world.url });
      await cold.addCookies(await visit.context.cookies());
      const page = await cold.newPage();
      const session = await cold.newCDPSession(page);
      await session.send('Network.enable');
      const [bytes, kinds] = [{}, {}];
      session.on('Network.responseReceived', (e) => (kinds[e.requestId] = e.response.url));
      session.on('Network.loadingFinished', (e) => (bytes[e.requestId] = e.encodedDataLength));
      await page.goto('/pay', { waitUntil: 'networkidle' });
      const total = Object.values(bytes).reduce((a, b) => a + b, 0);
      const script = Object.entries(kinds).filter(([, url]) => url.endsWith('.js')).reduce((sum, [id]) => sum + (bytes[id] || 0), 0);
      assert.ok(total <= 40 * 1024, `${total} bytes`);
      assert.ok(script > 0 && script <= 8 * 1024, `${script} bytes of script`);
      assert.ok(!Object.values(kinds).some((url) => url.includes('.wasm')));
      await cold.close();
      await visit.context.close();
    });
  });
}

async function dealerAtPay(world, way) {
  const visit = await visitor(world.chrome, world.url, way);
  // Without script the sign-in is a story of its own.
  await signIn(visit.page, LOGINS.dealer, { fresh: way.script === false });
  await visit.page.goto('/pay');
  return visit;
}

// With script the amount acts at once; without, the left form's button renders the page again.
async function setAmount(page, script, amount, bin = '') {
  await page.fill('#amount', amount);
  if (script) {
    await page.locator('#amount').blur();
    await page.waitForFunction((a) => document.querySelector('#total').textContent.includes(a), amount);
    return;
  }
  if (bin) await page.fill('#bin', bin);
  await page.click('#what button');
  await page.waitForURL(/sent=1/);
}

async function payBy(world, amount, number, act = 'confirm', wait = 30_000) {
  const visit = await dealerAtPay(world, { size: PHONE, script: true });
  await setAmount(visit.page, true, amount);
  await fillCard(visit.page, number);
  await visit.page.click('#go');
  await confirmAtBank(visit.page, act, wait);
  return visit;
}

// The bank's page posts itself back to us with script, by a button without.
async function backFromBank(page, script) {
  if (!script && !page.url().includes('/result/')) await page.click('button, input[type=submit]');
}

async function cardOf(world, wanted) {
  const answer = await (await fetch(`${world.bank}/admin/cards`)).json();
  const cards = Array.isArray(answer) ? answer : answer.cards;
  const card = cards.find(wanted);
  assert.ok(card, 'the sandbox has such a card');
  return card.number;
}

export { CODE, EXPIRES };
