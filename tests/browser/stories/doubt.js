// What is in doubt: seen by the firm, proposed by one person with evidence, confirmed by another, on a phone and a desk.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { DESK, GOOD_CARD, LOGINS, PHONE, confirmAtBank, fillCard, inspect, signIn, visitor } from '../person.js';

const EVIDENCE = 'Bankanın 22 Kasım ekstresi, satır 17: satış görünüyor.';

export function doubtStories(world) {
  describe('doubt', () => {
    it('is decided by two persons, and not by one', async () => {
      await faults(world, 'POST', { kind: 'inquiry_down' });
      await faults(world, 'POST', { kind: 'silence_after', on: 'auth', count: 1 });
      const clerk = await visitor(world.chrome, world.url, { size: PHONE });
      await signIn(clerk.page, LOGINS.clerk);
      await silentPayment(clerk.page, '34,00');
      await clerk.page.goto('/doubts');
      await inspect(world.chrome, clerk, 'doubts on a phone');
      await clerk.page.locator('.data .lead a').last().click();
      await clerk.page.waitForURL(/\/doubts\/att_/);
      const doubt = new URL(clerk.page.url()).pathname;
      await inspect(world.chrome, clerk, 'doubt on a phone');
      await clerk.page.selectOption('#outcome', 'done');
      await clerk.page.fill('#evidence', 'evet');
      await clerk.page.click('section[aria-labelledby=decide] button.go');
      await clerk.page.waitForSelector('#evidence[aria-invalid=true]');
      assert.equal(await clerk.page.inputValue('#outcome'), 'done');
      await inspect(world.chrome, clerk, 'doubt refused');
      await clerk.page.fill('#evidence', EVIDENCE);
      await clerk.page.click('section[aria-labelledby=decide] button.go');
      await clerk.page.waitForSelector('section[aria-labelledby=proposal]');
      assert.equal(await clerk.page.locator('button[formaction$="/confirm"]').count(), 0, 'nobody confirms the own');
      await inspect(world.chrome, clerk, 'own proposal on a phone');

      const administrator = await visitor(world.chrome, world.url, { size: DESK, dark: true });
      await signIn(administrator.page, LOGINS.admin);
      await administrator.page.goto(doubt);
      assert.ok((await administrator.page.textContent('main')).includes(EVIDENCE));
      await inspect(world.chrome, administrator, 'proposal on a desk');
      await administrator.page.click('button[formaction$="/confirm"]');
      await administrator.page.waitForURL(/\/payments\/pay_/);
      await administrator.page.waitForSelector('.head .state.ok');
      await inspect(world.chrome, administrator, 'payment decided');
      await faults(world, 'DELETE');
      await clerk.context.close();
      await administrator.context.close();
    });
  });
}

async function faults(world, method, body) {
  const options = { method, headers: { 'content-type': 'application/json' } };
  const answer = await fetch(`${world.bank}/admin/faults`, body ? { ...options, body: JSON.stringify(body) } : options);
  assert.ok(answer.ok, `${method} faults: ${answer.status}`);
}

// Pays; the bank books it and says nothing.
async function silentPayment(page, amount) {
  await page.goto('/pay?open=1');
  await page.fill('#amount', amount);
  await page.locator('#amount').blur();
  await page.waitForFunction((a) => document.querySelector('#total').textContent.includes(a), amount);
  await fillCard(page, GOOD_CARD);
  await page.click('#go');
  await confirmAtBank(page);
  await page.waitForURL(/\/result\//, { timeout: 90_000 });
  await page.waitForSelector('#result[data-state=unknown]', { timeout: 60_000 });
}
