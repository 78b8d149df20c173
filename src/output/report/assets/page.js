'use strict';
(function () {
var $ = function (q, e) { return Array.prototype.slice.call((e || document).querySelectorAll(q)); };
var tip = document.createElement('div');
tip.id = 'tip'; tip.setAttribute('role', 'status'); document.body.appendChild(tip);
function show(e, x, y) {
tip.textContent = e.getAttribute('data-t'); tip.style.display = 'block';
var w = tip.offsetWidth, h = tip.offsetHeight;
tip.style.left = Math.max(4, Math.min(innerWidth - w - 4, x + 12)) + 'px';
tip.style.top = (y + 18 + h > innerHeight ? y - h - 10 : y + 18) + 'px';
}
function hide() { tip.style.display = 'none'; }
document.addEventListener('mousemove', function (ev) {
var e = ev.target.closest && ev.target.closest('[data-t]');
if (e) show(e, ev.clientX, ev.clientY); else hide();
});
document.addEventListener('focusin', function (ev) {
if (!ev.target.matches('[data-t]')) return hide();
var b = ev.target.getBoundingClientRect(); show(ev.target, b.left, b.bottom - 12);
});
document.addEventListener('keydown', function (ev) { if (ev.key === 'Escape') hide(); });
var unit = { 'µs': 1e-3, ms: 1, s: 1e3, min: 6e4, h: 3.6e6, '%': 1 };
function value(t) {
var m = /^<?(-?[\d,]*\.?\d+)\s*(µs|ms|s|min|h|%)?$/.exec(t.trim());
return m ? parseFloat(m[1].replace(/,/g, '')) * (unit[m[2]] || 1) : null;
}
$('thead button').forEach(function (b) {
b.onclick = function () {
var cell = b.parentNode, table = cell.closest('table'), body = table.tBodies[0];
var col = cell.cellIndex, up = cell.getAttribute('aria-sort') !== 'ascending';
$('[aria-sort]', table).forEach(function (o) { o.removeAttribute('aria-sort'); });
cell.setAttribute('aria-sort', up ? 'ascending' : 'descending');
$('tr', body).map(function (r, i) { var t = r.cells[col].textContent; return [value(t), t, i, r]; })
.sort(function (a, c) {
var d = a[0] !== null && c[0] !== null ? a[0] - c[0] : a[0] !== null ? -1 : c[0] !== null ? 1 : a[1].localeCompare(c[1]);
return (up ? d : -d) || a[2] - c[2];
}).forEach(function (r) { body.appendChild(r[3]); });
};
});
$('.tog').forEach(function (p) {
p.hidden = false;
$('button', p).forEach(function (b) {
b.onclick = function () {
var on = b.getAttribute('aria-pressed') !== 'true';
b.setAttribute('aria-pressed', on);
$('[data-p="' + b.dataset.p + '"]', p.parentNode).forEach(function (e) {
if (e !== b && e.closest('.day')) e.classList.toggle('off', !on);
});
};
});
});
function word(v, u) {
if (v === null) return '–';
if (u === 'ms') return v === 0 ? 'over 5 % failed' : v < 1000 ? v + ' ms' : +(v / 1000).toPrecision(3) + ' s';
return v + (u ? ' ' + u : '');
}
$('.day[data-day]').forEach(function (day) {
var d = JSON.parse(document.getElementById(day.dataset.day).textContent), out = day.querySelector('.rd');
var bar = $('.cur', day), frame = day.querySelector('.pl'), at = -1;
function two(n) { return (n < 10 ? '0' : '') + n; }
function clock(i) { var m = d.m + i * d.s; return two(Math.floor(m / 60) % 24) + ':' + two(Math.floor(m % 60)); }
function set(i) {
if (i < 0 || i >= d.n) return;
at = i;
bar.forEach(function (c) { c.style.display = 'block'; c.style.left = 100 * (i + 0.5) * d.s / d.w + '%'; });
out.textContent = '';
var b = document.createElement('b'); b.textContent = clock(i); out.appendChild(b);
d.p.forEach(function (p) {
out.appendChild(document.createTextNode(' · ' + p.n + ': ' + p.s.map(function (s) { return s[0] + ' ' + word(s[1][i], p.u); }).join(', ')));
});
}
day.addEventListener('mousemove', function (ev) {
var r = frame.getBoundingClientRect(), x = 100 * (ev.clientX - r.left) / r.width;
if (x < 0 || x > 100) return;
set(Math.min(d.n - 1, Math.floor(x / 100 * d.w / d.s)));
});
day.tabIndex = 0; day.setAttribute('role', 'group'); day.setAttribute('aria-label', 'The day; arrow keys move through its intervals');
out.setAttribute('aria-live', 'polite');
day.addEventListener('keydown', function (ev) {
if (ev.key === 'ArrowRight') { set(at + 1); ev.preventDefault(); }
if (ev.key === 'ArrowLeft') { set(Math.max(0, at - 1)); ev.preventDefault(); }
});
});
})();
