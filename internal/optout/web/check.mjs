// Drives the opt-out form in a browser, without script and with axe, in every
// language; see README.md. Usage: node check.mjs http://127.0.0.1:8080/opt-out [folder for screenshots]
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const [address = 'http://127.0.0.1:8080/opt-out', folder] = process.argv.slice(2);
const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const minAge = 3200; // no form is taken sooner

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

let checked = 0;
try {
  const { origin } = new URL(address);
  const complaints = [];
  const pageOf = async (options) => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== origin) complaints.push(`another host: ${request.url()}`);
    });
    return page;
  };

  const audit = async (page, name) => {
    await page.evaluate(axe);
    const { violations, incomplete, passes } = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), levels);
    // Where a radio's label lies over its circle axe cannot tell the contrast; the text is that of the other labels.
    const open = incomplete.map((one) => ({ ...one, nodes: one.nodes.filter(({ html }) => one.id !== 'color-contrast' || !html.includes('nhsuk-radios__label')) }));
    const words = [...violations, ...open].filter(({ nodes }) => nodes.length > 0)
      .map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map(({ html }) => html).join('\n    ')}`);
    assert.deepEqual(words, [], `${name}: axe`);
    assert.ok(passes.length > 15, `${name}: axe looked at ${passes.length} rules`);
    checked++;
  };
  const look = async (page, name) => {
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 900 });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${name}: ${over} pixels wider than ${width}`);
      await audit(page, `${name} at ${width}`);
      if (folder) await page.screenshot({ path: `${folder}/${name}-${width}.png`, fullPage: true });
    }
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 700, height: 1000 });
    await audit(page, `${name} in print`);
    if (folder) {
      await page.screenshot({ path: `${folder}/${name}-print.png`, fullPage: true });
      await page.pdf({ path: `${folder}/${name}.pdf`, format: 'A4' });
    }
    await page.emulateMedia({ media: 'screen' });
  };
  const fill = async (page) => {
    await page.check('#kind-1');
    await page.check('#by-1');
    for (const [id, value] of Object.entries({ name: 'Ada Example', day: '3', month: '2', year: '1950', postcode: 'n19gu', number: '999 000 0018' })) {
      await page.fill(`#${id}`, value);
    }
  };

  const first = await pageOf({});
  await first.goto(address);
  const languages = await first.locator('nav a, nav span').evaluateAll((all) => all.map((one) => ({ code: one.lang, href: one.href ?? location.href })));
  assert.equal(languages.length, 6, 'six languages');
  assert.equal(await first.locator('script').count(), 0, 'no script');
  await first.keyboard.press('Tab');
  assert.equal(await first.evaluate(() => document.activeElement.className), 'nhsuk-skip-link', 'the skip link comes first');

  for (const { code, href } of languages) {
    const page = await pageOf({});
    await page.goto(href);
    assert.equal(await page.getAttribute('html', 'lang'), code);
    await look(page, `${code}-form`);

    await page.waitForTimeout(minAge);
    await page.click('button');
    await page.waitForSelector('.nhsuk-error-summary');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'nhsuk-error-summary', 'the summary has the focus');
    for (const link of await page.locator('.nhsuk-error-summary a').all()) {
      const target = (await link.getAttribute('href')).slice(1);
      assert.equal(await page.locator(`input[id="${target}"]`).count(), 1, `${target} is a field`);
    }
    await look(page, `${code}-errors`);

    await fill(page);
    await page.click('button');
    await page.waitForSelector('.nhsuk-panel');
    await look(page, `${code}-done`);
    await page.context().close();
  }

  const without = await pageOf({ javaScriptEnabled: false });
  await without.goto(address);
  await fill(without);
  await without.waitForTimeout(minAge);
  await without.click('button');
  await without.waitForSelector('.nhsuk-panel');

  assert.deepEqual(complaints, [], 'the policy is kept and no other host asked');
  console.log(`${checked} pages without a fault.`);
} finally {
  await browser.close();
}
