// Keeps the theme chosen with the radios; tokens.css has switched it already.
document.addEventListener('change', (e) => {
  if (e.target.name !== 'tema') return;
  const secure = location.protocol === 'https:' ? ';secure' : '';
  document.cookie = `vezne_theme=${e.target.value};path=/;max-age=31536000;samesite=lax${secure}`;
});
// A slider shows its value; without script a stale one would only mislead.
for (const shown of document.querySelectorAll('input[type=range] + output')) {
  const slider = shown.previousElementSibling;
  slider.addEventListener('input', () => (shown.value = slider.value));
  shown.value = slider.value;
  shown.hidden = false;
}
// "/" leads to the search field of a list, unless somebody is typing.
document.addEventListener('keydown', (e) => {
  const find = document.querySelector('input[type=search]');
  if (e.key !== '/' || !find || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
  e.preventDefault();
  find.focus();
});
// Settings that count only beside certain others are shown only then; the server keeps them by the same rule.
const settings = [...document.querySelectorAll('[data-show-if]')];
function showSettings() {
  const counts = (name, wanted) => {
    const field = document.getElementById(`config.${name}`);
    const value = field?.type === 'checkbox' ? String(field.checked) : field?.value;
    const own = field?.closest('[data-show-if]');
    return value === wanted && (!own || holds(own));
  };
  const holds = (box) => Object.entries(JSON.parse(box.dataset.showIf)).every(([name, wanted]) => counts(name, wanted));
  for (const box of settings) box.hidden = !holds(box);
}
if (settings.length) {
  for (const words of document.querySelectorAll('[data-condition]')) words.hidden = true;
  document.addEventListener('change', showSettings);
  showSettings();
}
