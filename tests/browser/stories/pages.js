// Every page in both widths and themes, in three languages; giving money back; what a dealer may not see.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { DESK, GOOD_CARD, LOGINS, PHONE, confirmAtBank, fillCard, inspect, resultState, signIn, visitor } from '../person.js';

const PAGES = ['/', '/menu', '/pay', '/pay?open=1', '/payments', '/payments?state=declined', '/payments?q=nothing-like-this', '/statement', '/dealers', '/dealers/new',
  '/customers', '/customers/new', '/receivables', '/receivables/new', '/pos', '/pos/new', '/routing', '/routing?bin=435508&amount=1.250%2C00', '/routing/new', '/instalments', '/instalments?bin=435508&amount=1.000%2C00', '/instalments/new', '/plugins', '/plugins/pos-nestpay', '/api-keys', '/doubts', '/webhooks', '/webhooks/new', '/no-such-page'];

export function pageStories(world) {
  describe('pages', () => {
    for (const size of [PHONE, DESK]) {
      for (const dark of [false, true]) {
        const name = `${size.width} ${dark ? 'dark' : 'light'}`;
        it(`every page at ${name}: axe, no sideways scroll, no refused script`, async () => {
          const visit = await visitor(world.chrome, world.url, { size, dark });
          await visit.page.goto('/sign-in');
          await inspect(world.chrome, visit, `sign-in ${name}`);
          await signIn(visit.page, LOGINS.admin);
          for (const path of [...PAGES, ...(await details(visit.page))]) {
            await visit.page.goto(path);
            await inspect(world.chrome, visit, `${path} ${name}`);
          }
          await visit.context.close();
        });
      }
    }

    it('speaks three languages and keeps the choice', async () => {
      const visit = await visitor(world.chrome, world.url);
      await signIn(visit.page, LOGINS.admin);
      for (const [language, word] of [['en', 'Payments'], ['az', 'Ödənişlər'], ['tr', 'Ödemeler']]) {
        await visit.page.goto(`/payments?lang=${language}`);
        await visit.page.goto('/payments');
        assert.equal(await visit.page.getAttribute('html', 'lang'), language);
        assert.equal((await visit.page.textContent('h1')).trim(), word);
      }
      await visit.context.close();
    });

    it('keeps the theme, with script and without', async () => {
      for (const script of [true, false]) {
        const visit = await visitor(world.chrome, world.url, { script, size: PHONE });
        await signIn(visit.page, LOGINS.admin);
        await visit.page.goto('/menu');
        await visit.page.locator('main input[name=tema][value=koyu]').check({ force: true });
        if (!script) await visit.page.click('main form[action="/preferences"] button');
        await visit.page.goto('/payments');
        assert.ok(await visit.page.locator('input[name=tema][value=koyu]').first().isChecked(), `script ${script}`);
        await visit.context.close();
      }
    });

    it('refuses a wrong password without saying which part was wrong', async () => {
      const visit = await visitor(world.chrome, world.url, { size: PHONE });
      await visit.page.goto('/sign-in');
      await visit.page.fill('#email', 'nobody@mavileylek.example');
      await visit.page.fill('#password', 'wrong');
      await visit.page.click('button.go');
      await visit.page.waitForSelector('.note.no');
      assert.equal(await visit.page.inputValue('#email'), 'nobody@mavileylek.example');
      await inspect(world.chrome, visit, 'sign-in refused');
      await visit.context.close();
    });

    it('shows a dealer its own part only', async () => {
      const visit = await visitor(world.chrome, world.url);
      await signIn(visit.page, LOGINS.dealer);
      assert.equal(await visit.page.locator('.side a[href="/pos"]').count(), 0);
      await visit.page.goto('/pos');
      assert.equal(await visit.page.locator('[role=alert]').count(), 1);
      await visit.context.close();
    });

    it('gives a part back, then no more than is left', async () => {
      const visit = await visitor(world.chrome, world.url, { size: PHONE });
      await signIn(visit.page, LOGINS.admin);
      await pay(visit.page, '90,00');
      const { page } = visit;
      await page.goto('/payments');
      await page.locator('.data .lead a').first().click();
      await page.waitForURL(/\/payments\/pay_/);
      const payment = page.url();
      await page.click('a[href$="/refund"]');
      await inspect(world.chrome, visit, 'refund');
      await page.fill('#amount', '900,00');
      await page.click('button.go');
      await page.waitForSelector('.err, .note.no');
      assert.equal(await page.inputValue('#amount'), '900,00');
      await page.fill('#amount', '90,00');
      await page.click('button.go');
      await page.waitForURL(payment);
      await page.waitForSelector('.head .state.back');
      await inspect(world.chrome, visit, 'payment voided');
      await visit.context.close();
    });

    it("gives a part back once the bank's day has ended, and says so before", async () => {
      const visit = await visitor(world.chrome, world.url, { size: PHONE, language: 'en' });
      await signIn(visit.page, LOGINS.admin);
      await pay(visit.page, '80,00');
      const { page } = visit;
      await page.goto('/payments');
      await page.locator('.data .lead a').first().click();
      await page.waitForURL(/\/payments\/pay_/);
      const payment = page.url();
      await page.click('a[href$="/refund"]');
      await page.fill('#amount', '30,00');
      await page.click('button.go');
      await page.waitForSelector('.note.no');
      await inspect(world.chrome, visit, 'refund too early');
      const ended = await fetch(`${world.bank}/admin/day-end`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
      assert.equal(ended.status, 200);
      await page.fill('#amount', '30,00');
      await page.click('button.go');
      await page.waitForURL(payment);
      assert.match(await page.textContent('main'), /30,00/);
      await page.click('a[href$="/refund"]');
      assert.equal(await page.inputValue('#amount'), '50,00');
      await visit.context.close();
    });

    it('tests a POS account at the bank', async () => {
      const visit = await visitor(world.chrome, world.url);
      await signIn(visit.page, LOGINS.admin);
      await visit.page.goto('/pos');
      await visit.page.locator('.data .lead a').first().click();
      await inspect(world.chrome, visit, 'pos account');
      await visit.page.click('form[action$="/test"] button');
      await visit.page.waitForSelector('.time .dot.ok', { timeout: 60_000 });
      assert.equal(await visit.page.locator('.time .dot.no').count(), 0);
      await visit.context.close();
    });

    it('exports what is filtered', async () => {
      const visit = await visitor(world.chrome, world.url);
      await signIn(visit.page, LOGINS.admin);
      const csv = await visit.context.request.get('/payments/export.csv?state=succeeded');
      assert.equal(csv.status(), 200);
      assert.ok((await csv.text()).startsWith('\ufeff'));
      assert.equal((await visit.context.request.get('/payments/export.xlsx')).status(), 200);
      await visit.context.close();
    });
  });
}

// A payment, a dealer, a customer, a POS account and a version of the instalment table, whichever comes first in its list.
async function details(page) {
  const found = [];
  for (const list of ['/payments', '/dealers', '/customers', '/pos', '/instalments']) {
    await page.goto(list);
    const link = page.locator('.data .lead a').last();
    if (await link.count()) found.push(await link.getAttribute('href'));
    if (list === '/payments' && found.length) found.push(`${found[0]}/bank`);
  }
  return found;
}

async function pay(page, amount) {
  await page.goto('/pay?open=1');
  await page.fill('#amount', amount);
  await page.locator('#amount').blur();
  await page.waitForFunction((a) => document.querySelector('#total').textContent.includes(a), amount);
  await fillCard(page, GOOD_CARD);
  await page.click('#go');
  await confirmAtBank(page);
  await resultState(page, 'succeeded');
}
