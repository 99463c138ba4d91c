// The pay and result pages' only script; all of it works without, by a round trip.
const $ = (q, from = document) => from.querySelector(q);
const $$ = (q, from = document) => [...from.querySelectorAll(q)];
const page = async (answer) => new DOMParser().parseFromString(await answer.text(), 'text/html');

document.addEventListener('change', (e) => {
  if (e.target.name !== 'tema') return;
  const secure = location.protocol === 'https:' ? ';secure' : '';
  document.cookie = `vezne_theme=${e.target.value};path=/;max-age=31536000;samesite=lax${secure}`;
});

const card = $('#card[action="/pay"]');
if (card) payPage(card, $('#what'));
const poll = Number($('main').dataset.poll);
if (poll) resultPage(poll);

function payPage(card, what) {
  const pan = $('#card_number'), expiry = $('#expiry'), amount = $('#amount'), go = $('#go');
  const digits = (s) => s.replace(/\D/g, '');
  const ticks = () => $$('input[type=checkbox]', what);
  const money = (minor) =>
    `${String(Math.floor(minor / 100)).replace(/\B(?=(\d{3})+$)/g, '.')},${String(minor % 100).padStart(2, '0')}`;

  // Read as by the server: 1250, 1.250,00 and 1250.00 are one amount.
  function parse(typed) {
    const s = typed.replace(/[\s₺']/g, '');
    if (!/^[\d.,]+$/.test(s)) return 0;
    const at = Math.max(s.lastIndexOf('.'), s.lastIndexOf(','));
    if (at < 0) return Number(s) * 100;
    const before = s.slice(0, at), tail = s.slice(at + 1), again = before.includes(s[at]);
    if (again || (tail.length === 3 && !/[.,]/.test(before))) return Number(digits(s)) * 100;
    if (tail.length > 2) return 0;
    return Number(digits(before) || 0) * 100 + Number(tail.padEnd(2, '0'));
  }

  // Card, instalments and words come as pieces of the page, in the payer's language.
  let asked = 0, timer, last = '';
  function ask(wait = 200) {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const bin = pan ? digits(pan.value).slice(0, 8) : ''; // no field: the bank's page takes the card
      const body = new URLSearchParams({ bin: bin.length < 6 ? '' : bin, amount: amount.value, debtor: card.elements.debtor.value });
      if (String(body) === last) return;
      last = String(body);
      const mine = ++asked;
      try {
        const answer = await fetch(card.dataset.options, { method: 'POST', body });
        if (!answer.ok || mine !== asked) return;
        const pieces = await page(answer);
        const chosen = $('input:checked', $('#plan'))?.dataset.n;
        for (const piece of $$('[data-part]', pieces)) $(`#${piece.dataset.part}`)?.replaceChildren(...piece.childNodes);
        const same = $(`#plan input[data-n="${chosen}"]:enabled`);
        if (same) same.checked = true;
        label();
      } catch {
        last = ''; // no network: the next change asks again
      }
    }, wait);
  }

  function label() {
    const choice = $('input[type=radio]:checked', $('#plan'));
    if (!choice) return;
    $('span', go).textContent = choice.dataset.pay;
    $('#total').textContent = choice.dataset.total;
  }

  function show(minor) {
    card.elements.amount.value = minor;
    go.disabled = minor <= 0;
    $('#ticked').replaceChildren(...ticks().filter((b) => b.checked).map((b) =>
      Object.assign(document.createElement('input'), { type: 'hidden', name: b.name, value: b.value })));
    ask();
  }

  what.addEventListener('change', (e) => {
    if (e.target.type !== 'checkbox') return;
    const sum = ticks().filter((b) => b.checked).reduce((n, b) => n + Number(b.dataset.minor), 0);
    amount.value = sum ? money(sum) : '';
    show(sum);
  });
  amount.addEventListener('input', () => show(parse(amount.value)));
  amount.addEventListener('blur', () => {
    const minor = parse(amount.value);
    if (minor) amount.value = money(minor);
  });
  what.addEventListener('submit', (e) => {
    e.preventDefault();
    (pan || go).focus();
  });
  $('#plan').addEventListener('change', label);

  // Digits in fours (American Express: 4-6-5), the caret behind the same digit.
  function group(field, cut) {
    field.addEventListener('input', (e) => {
      if (e.isComposing) return;
      const left = digits(field.value.slice(0, field.selectionStart)).length;
      field.value = cut(digits(field.value));
      let at = 0;
      for (let seen = 0; seen < left && at < field.value.length; at++) if (/\d/.test(field.value[at])) seen++;
      if (document.activeElement === field) field.setSelectionRange(at, at);
    });
  }
  if (pan) group(pan, (d) => (/^3[47]/.test(d)
    ? [d.slice(0, 4), d.slice(4, 10), d.slice(10, 15)]
    : d.slice(0, 19).match(/.{1,4}/g) || []).filter(Boolean).join(' '));
  if (pan) group(expiry, (d) => (d.length > 2 ? `${d.slice(0, 2)} / ${d.slice(2, 4)}` : d));
  pan?.addEventListener('input', () => ask());

  // A code typed for its holder may be missing: it must not be on paper.
  $('#channel')?.addEventListener('change', (e) => ($('#security_code').required = !e.target.checked));

  // Checked when it is left, not while somebody types.
  function check(field, wrong, text) {
    const old = $(`#${field.id}-e`);
    old?.remove();
    field.toggleAttribute('aria-invalid', wrong);
    if (!wrong) return;
    field.setAttribute('aria-invalid', 'true');
    field.after(Object.assign(document.createElement('p'), { className: 'err', id: `${field.id}-e`, textContent: text }));
  }
  // A press that leaves a field must land before the error under it moves what was pressed.
  let down = false;
  addEventListener('pointerdown', () => (down = true), true);
  addEventListener('pointerup', () => (down = false), true);
  const onLeave = (field, run) => field.addEventListener('blur', () =>
    (down ? addEventListener('pointerup', () => setTimeout(run, 50), { once: true }) : run()));
  function luhn(d) {
    let sum = 0;
    [...d].reverse().forEach((c, i) => {
      const n = Number(c) * (i % 2 ? 2 : 1);
      sum += n > 9 ? n - 9 : n;
    });
    return d.length >= 13 && sum % 10 === 0;
  }
  if (pan) onLeave(pan, () => pan.value && check(pan, !luhn(digits(pan.value)), card.dataset.luhn));
  if (pan) onLeave(expiry, () => {
    const d = digits(expiry.value), month = Number(d.slice(0, 2)), end = new Date(2000 + Number(d.slice(2, 4)), month, 1);
    if (d) check(expiry, d.length !== 4 || month < 1 || month > 12 || end <= new Date(), card.dataset.expired);
  });

  // Asked beside the form, which keeps the card; what is wrong in that the page tells.
  async function points(e) {
    e.preventDefault();
    const answer = await fetch('/pay/points', { method: 'POST', body: new URLSearchParams(new FormData(card)) });
    const part = $('#points', await page(answer));
    if (part && (answer.ok || $('.err', part))) $('#points').replaceWith(part);
    else location = answer.url;
  }

  // One form, one payment: its key makes a second send the same payment, this makes it not happen.
  let sent = false;
  card.addEventListener('submit', (e) => {
    if (sent) return e.preventDefault();
    if (e.submitter?.hasAttribute('formaction')) return points(e);
    sent = true;
    setTimeout(() => {
      go.disabled = true;
      $('span', go).textContent = card.dataset.late;
    });
  });
  // Back from the bank into a kept page: a fresh form with a fresh key.
  addEventListener('pageshow', (e) => e.persisted && location.reload());
  if (pan && digits(pan.value).length >= 6) ask(0);
}

// Asks for the page until its state changes, and puts the new window in the place of the old.
function resultPage(seconds) {
  let wait = seconds * 1000;
  const again = async () => {
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
      if (answer.ok) {
        const fresh = await page(answer);
        const [now, then] = [$('#result', fresh), $('#result')];
        if (now && then && now.outerHTML !== then.outerHTML) then.replaceWith(now);
        if (now?.dataset.state !== then?.dataset.state) document.title = fresh.title;
        if (!$('main', fresh)?.dataset.poll) return;
      }
    } catch {
      // offline for a moment: ask again
    }
    wait = Math.min(wait * 1.3, 15000);
    setTimeout(again, wait);
  };
  setTimeout(again, wait);
}
