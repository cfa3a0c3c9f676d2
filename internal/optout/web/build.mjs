// Makes ../assets of src and nhsuk-frontend; see README.md.
import { createHash } from 'node:crypto';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { PurgeCSS } from 'purgecss';
import * as sass from 'sass';

const out = new URL('../assets/', import.meta.url);
for (const name of await readdir(out)) await rm(new URL(name, out));

const { version } = JSON.parse(await readFile(new URL('node_modules/nhsuk-frontend/package.json', import.meta.url)));
const { css } = sass.compile(new URL('src/page.scss', import.meta.url).pathname, {
  style: 'compressed',
  loadPaths: [new URL('node_modules', import.meta.url).pathname],
  quietDeps: true,
});
const [{ css: used }] = await new PurgeCSS().purge({
  content: [new URL('../page.html', import.meta.url).pathname, new URL('../view.go', import.meta.url).pathname],
  css: [{ raw: css }],
  variables: true,
});
const notice = `/*! Contains parts of nhsuk-frontend ${version}, (c) 2019 NHS.UK, MIT licence: see /opt-out/assets/LICENCES */\n`;
const files = { css: notice + used.replace(/^\uFEFF/, '') + '\n', svg: await readFile(new URL('src/icon.svg', import.meta.url), 'utf8') };

const sums = [];
const keep = async (name, text) => {
  await writeFile(new URL(name, out), text);
  sums.push(`${createHash('sha256').update(text).digest('hex')}  ${name}`);
};
for (const [extension, text] of Object.entries(files)) {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  await keep(`page-${digest}.${extension}`, text);
}
await keep('LICENCES', (await readFile(new URL('src/LICENCES', import.meta.url), 'utf8')).replace('{version}', version));
await writeFile(new URL('SHA256SUMS', out), sums.join('\n') + '\n');
