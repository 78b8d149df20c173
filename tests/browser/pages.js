// Looks at pages of casim in headless Chromium: `node pages.js FOLDER...`, output folders of casim with a
// report.html. Exits with 1 and says what is wrong; prints a line a page where all is well.
'use strict';
const fs = require('fs');
const path = require('path');
const { chromium } = require('playwright-core');

const WIDTHS = [1280, 390];
// Sections by command; of several others, steps and designs those that stand above them.
const SECTIONS = {
  run: ['objectives', 'findings', 'failures', 'latency', 'day', 'parts', 'flow', 'capacity', 'build', 'assumptions', 'how'],
  compare: ['notice', 'changes', 'findings', 'pairing', 'differences', 'how'],
  in_order: ['steps', 'servers', 'how', 'notice-1', 'changes-1', 'differences-1'],
  sweep: ['goals', 'course', 'points', 'how'],
  plan: ['buy', 'cheaper', 'cases', 'damages', 'frontier', 'capacity', 'assumptions', 'how'],
  designs: ['designs', 'how', 'buy-1', 'frontier-1', 'buy-2'],
  sensitivity: ['matters', 'tornado', 'effects', 'flips', 'together', 'how'],
};

function kind(folder) {
  const told = JSON.parse(fs.readFileSync(path.join(folder, 'run.json'), 'utf8'));
  if (told.command === 'plan' && told.scenarios.length > 1) return 'designs';
  return told.command === 'compare' && told.in_order ? 'in_order' : told.command;
}

// Rows of CSV, whose fields may be quoted and have several lines.
function records(text) {
  const rows = [[]];
  for (const m of text.matchAll(/("(?:[^"]|"")*"|[^,\n]*)(,|\n|$)/g)) {
    rows[rows.length - 1].push(m[1].startsWith('"') ? m[1].slice(1, -1).replace(/""/g, '"') : m[1]);
    if (m[2] === '\n') rows.push([]);
    if (m[2] === '') break;
  }
  return rows;
}

function table(folder, name) {
  const file = path.join(folder, name);
  if (!fs.existsSync(file)) return [];
  const [head, ...rows] = records(fs.readFileSync(file, 'utf8').trimEnd());
  return rows.map(row => Object.fromEntries(head.map((name, at) => [name, row[at]])));
}

// The figures of the tables of what was decided.
function decided(folder, what, text, expect) {
  const has = (value, from) => expect(text.includes(value), from + ': no ' + value);
  if (what === 'compare') {
    const rows = table(folder, 'comparison.csv');
    has('All ' + rows.length.toLocaleString('en') + ' row', 'comparison.csv');
    const missed = rows.filter(row => ['missed', 'never'].includes(row.verdict_other) && !['missed', 'never'].includes(row.verdict_base)).length;
    if (missed > 0) has(missed + ' goal' + (missed > 1 ? 's' : '') + ' newly missed', 'comparison.csv');
    table(folder, 'changes.csv').filter(row => row.command && !row.command.includes('\n')).forEach(row => has(row.command, 'changes.csv'));
    table(folder, 'affected.csv').forEach(row => has(row.population, 'affected.csv'));
    table(folder, 'settings.csv').forEach(row => has(row.path, 'settings.csv'));
  }
  if (what === 'in_order') table(folder, 'steps.csv').forEach(row => has('Step ' + row.step + ': ' + row.scenario, 'steps.csv'));
  if (what === 'sweep') {
    const rows = table(folder, 'sweep.csv');
    has('All ' + rows.length.toLocaleString('en') + ' row', 'sweep.csv');
    has(new Set(rows.map(row => row.item)).size + ' point', 'sweep.csv');
  }
  if (what === 'plan') {
    const chosen = table(folder, 'plan.csv').find(row => row.chosen === 'yes');
    if (chosen) has(Number(chosen.cost).toLocaleString('en'), 'plan.csv');
    table(folder, 'plan_groups.csv').forEach(row => has(row.name, 'plan_groups.csv'));
    table(folder, 'plan_damages.csv').forEach(row => has(row.lost, 'plan_damages.csv'));
  }
  if (what === 'sensitivity') {
    table(folder, 'sensitivity.csv').filter(row => row.crosses_goal === 'yes').forEach(row => has(row.path, 'sensitivity.csv'));
  }
}

async function look(browser, folder) {
  const faults = [];
  const expect = (is, what) => { if (!is) faults.push(what); };
  const url = 'file://' + path.resolve(folder, 'report.html');
  const page = await browser.newPage({ viewport: { width: WIDTHS[0], height: 900 } });
  const requests = [];
  page.on('request', request => requests.push(request.url()));
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) faults.push('console: ' + message.text()); });
  page.on('pageerror', error => faults.push('script: ' + error.message));
  const begin = Date.now();
  await page.goto(url);
  const opened = Date.now() - begin;
  expect(requests.length === 1, 'asks for ' + requests.slice(1));
  const what = kind(folder);
  for (const id of SECTIONS[what]) {
    expect(await page.locator('section#' + id + ' h2').count() === 1, 'no section ' + id);
  }

  // The figures of the tables.
  const text = await page.evaluate(() => document.body.textContent);
  const goals = table(folder, 'objectives.csv');
  const missed = goals.filter(goal => ['missed', 'never'].includes(goal.verdict)).length;
  if (missed > 0) expect(text.includes(missed + ' of ' + goals.length + ' objective'), missed + ' missed goals are not told');
  for (const row of table(folder, 'failures.csv').filter(row => row.count !== '0')) {
    expect(text.includes(row.failure.replace(/_/g, ' ')), 'no word of ' + row.failure);
  }

  decided(folder, what, text, expect);

  // Every column of every table sorts, and no row is lost.
  const lost = await page.evaluate(() => Array.from(document.querySelectorAll('thead button')).filter(button => {
    const rows = () => button.closest('table').tBodies[0].rows.length, before = rows();
    button.click();
    return rows() !== before || button.parentNode.getAttribute('aria-sort') !== 'ascending';
  }).length);
  expect(lost === 0, lost + ' columns do not sort');

  // Sorting knows units; a second click turns it round.
  const folded = page.locator('#latency details', { hasText: 'Table of latencies' });
  if (await folded.count() > 0) {
    await folded.locator('summary').first().click();
    const cells = () => page.$$eval('#latency details table tbody tr', rows => rows.map(row => row.cells[5].textContent));
    const ms = cell => { const m = /^([\d.,]+) (µs|ms|s|min|h)$/.exec(cell); return m ? parseFloat(m[1].replace(/,/g, '')) * { 'µs': 1e-3, ms: 1, s: 1e3, min: 6e4, h: 3.6e6 }[m[2]] : Infinity; };
    const button = folded.locator('thead th:nth-child(6) button');
    await button.click();
    const up = (await cells()).map(ms);
    expect(up.every((value, at) => at === 0 || up[at - 1] <= value), 'p95 does not sort: ' + up);
    await button.click();
    const down = (await cells()).map(ms).filter(value => value !== Infinity);
    expect(down.every((value, at) => at === 0 || down[at - 1] >= value), 'p95 does not sort backwards: ' + down);
  }

  // One cursor through the day, by keys and by pointer; series on and off.
  if (await page.locator('.day[data-day]').count() > 0) {
    await page.focus('.day[data-day]');
    await page.keyboard.press('ArrowRight');
    const first = await page.textContent('.rd');
    await page.keyboard.press('ArrowRight');
    const second = await page.textContent('.rd');
    expect(/^\d\d:\d\d/.test(first) && first !== second, 'arrow keys do not move the cursor: ' + first);
    await page.locator('.day[data-day] .pl').first().hover({ position: { x: 200, y: 20 } });
    expect(await page.textContent('.rd') !== second, 'the pointer does not move the cursor');
    const button = page.locator('.tog button').first();
    if (await button.count() > 0) {
      await button.click();
      expect(await page.locator('.day .off').count() > 0, 'a series is not switched off');
      await button.click();
      expect(await page.locator('.day .off').count() === 0, 'a series is not switched on again');
    }
  }
  // Tooltips by Tab.
  const row = page.locator('#latency .row[data-t]').first();
  if (await row.count() > 0) {
    await row.focus();
    expect((await page.textContent('#tip')).includes('p95'), 'no tooltip by Tab');
  }
  // Every picture has words.
  const silent = await page.$$eval('svg', all => all.filter(svg => !svg.getAttribute('aria-label') && svg.getAttribute('aria-hidden') !== 'true' && !svg.querySelector('title')).length);
  expect(silent === 0, silent + ' pictures without words');
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide <= width, 'at ' + width + ' pixels it is ' + wide + ' wide');
  }
  await page.emulateMedia({ media: 'print' });
  expect(await page.evaluate(() => getComputedStyle(document.querySelector('nav')).display) === 'none', 'the list of sections is printed');
  await page.close();

  // Contrast, names, roles: axe-core, which has to get past the page's policy.
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme, bypassCSP: true, viewport: { width: WIDTHS[0], height: 900 } });
    const page = await context.newPage();
    await page.goto(url);
    await page.evaluate(() => document.querySelectorAll('details').forEach(one => { one.open = true; }));
    await page.addScriptTag({ path: require.resolve('axe-core') });
    const found = await page.evaluate(() => axe.run());
    for (const one of found.violations.filter(one => ['serious', 'critical'].includes(one.impact))) {
      faults.push(colorScheme + ': ' + one.id + ' in ' + one.nodes.length + ' places, as ' + one.nodes[0].html.slice(0, 160));
    }
    await context.close();
  }

  // Without scripts it reads the same.
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const bare = await plain.newPage();
  await bare.goto(url);
  expect(await bare.locator('section').first().isVisible(), 'nothing is read without scripts');
  await plain.close();
  return { faults, opened, bytes: fs.statSync(path.resolve(folder, 'report.html')).size };
}

(async () => {
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: flags });
  let wrong = 0;
  for (const folder of process.argv.slice(2)) {
    const { faults, opened, bytes } = await look(browser, folder);
    wrong += faults.length;
    console.log(folder + ': ' + (faults.length ? faults.length + ' faults' : 'as it should be') + ', ' + bytes + ' bytes, opened in ' + opened + ' ms');
    faults.forEach(fault => console.log('  ' + fault));
  }
  await browser.close();
  process.exit(wrong ? 1 : 0);
})();
