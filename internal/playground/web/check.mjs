// Drives a running demo's page in a browser and says what it finds wrong; see
// README.md. Usage: node check.mjs http://127.0.0.1:8080/ [screenshot.png]
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [address = 'http://127.0.0.1:8080/', screenshot] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const { origin } = new URL(address);
  const complaints = [];
  const strangers = [];
  const questions = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => {
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(`${request.url()} ${request.failure()?.errorText}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith('data:') && new URL(request.url()).origin !== origin) strangers.push(request.url());
    if (request.method() === 'POST') questions.push({ url: request.url(), headers: request.headers(), body: request.postDataJSON() });
  });

  await page.goto(address);
  await page.waitForSelector('.graphiql-query-editor .CodeMirror');
  const read = (path) => page.evaluate(async (from) => (await fetch(from)).json(), path);
  const [{ operations }, personas, residents] = await Promise.all(['settings', 'personas', 'residents'].map((name) => read(`/playground/${name}`)));

  assert.match(await page.textContent('header'), /Care record.*Synthetic data – no real people/s);
  assert.equal(await page.locator('[role=tab]').count(), operations.length, 'one tab for each operation');
  await page.click('.graphiql-execute-button'); // before anything else: the first tab has its variables
  await page.waitForSelector('.playground-footer');
  const first = JSON.parse(await valueOf('.graphiql-response'));
  assert.ok(first.data && !first.errors, `the first run is answered: ${JSON.stringify(first).slice(0, 200)}`);

  for (const [index, { query }] of operations.entries()) {
    await page.locator('[role=tab]').nth(index).click();
    assert.equal(await valueOf('.graphiql-query-editor'), query, `tab ${index} carries its operation`);
  }

  for (const { persona } of personas) {
    await page.selectOption('select[name=persona]', persona);
    const asked = questions.length;
    await page.locator('[role=tab]').first().click();
    await page.click('.graphiql-execute-button');
    await page.waitForSelector('.playground-footer');
    const { headers, url } = questions[asked];
    const subject = JSON.parse(atob(headers.authorization.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? 'bnVsbA=='));
    console.log(`${persona}: ${await page.textContent('.playground-footer')}${subject ? ` (sub ${subject.sub})` : ''}`);
    assert.ok(headers.authorization.startsWith('Bearer '), 'a token in the header');
    assert.ok(!url.includes('?'), 'nothing in the URL');
  }
  const tokens = new Set(questions.filter(({ body }) => body.operationName !== 'IntrospectionQuery').map(({ headers }) => headers.authorization));
  assert.equal(tokens.size, personas.length, 'a token for each persona');

  const about = operations.findIndex(({ query }) => /\$nhsNumber\b/.test(query));
  if (about >= 0 && residents.length > 0) {
    const { nhsNumber } = residents.at(-1);
    await page.locator('[role=tab]').nth(about).click();
    await page.selectOption('select[name=resident]', nhsNumber);
    assert.equal(JSON.parse(await valueOf('.graphiql-editor-tool')).nhsNumber, nhsNumber, 'the resident in the variables');
    await page.click('[aria-label="Open settings dialog"]');
    await page.waitForSelector('[role=dialog]');
    await page.keyboard.press('Escape');
  }

  const kept = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie, location.search]);
  assert.deepEqual(kept, [0, 0, '', ''], 'nothing kept in the browser');
  if (screenshot) {
    await page.locator('[role=tab]').first().click();
    await page.selectOption('select[name=persona]', personas[0].persona);
    await page.click('.graphiql-execute-button');
    await page.waitForSelector('.playground-footer');
    await page.screenshot({ path: screenshot });
  }
  assert.deepEqual(complaints, [], 'a quiet console');
  assert.deepEqual(strangers, [], 'no other host asked');
  console.log('The page is as it should be.');

  function valueOf(where) {
    return page.locator(`${where} .CodeMirror`).first().evaluate((editor) => editor.CodeMirror.getValue());
  }
} finally {
  await browser.close();
}
