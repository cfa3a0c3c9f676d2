// Builds ../assets from src and the packages in the lockfile: one script, one
// style sheet and the icon, each named by its content and compressed, with the
// licences of what went in and the sums of it all. See README.md.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const web = import.meta.dirname;
const assets = path.join(web, '..', 'assets');

// The fonts inside GraphiQL's style sheet are most of its size; the page uses
// those of the reader's system, and the policy allows no other.
const withoutFonts = {
  name: 'without-fonts',
  setup(setup) {
    setup.onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const css = await readFile(file, 'utf8');
      return { contents: css.replace(/@font-face\s*\{[^}]*\}/g, ''), loader: 'css' };
    });
  },
};

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

const { outputFiles, metafile } = await build({
  absWorkingDir: web,
  entryPoints: { app: 'src/main.jsx' },
  outdir: 'out',
  write: false,
  bundle: true,
  minify: true,
  metafile: true,
  charset: 'utf8',
  format: 'iife',
  jsx: 'automatic',
  target: ['chrome109', 'firefox115', 'safari16'],
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none',
  plugins: [withoutFonts],
});

await rm(assets, { recursive: true, force: true });
await mkdir(assets, { recursive: true });
for (const { path: file, contents } of outputFiles) {
  await put(path.basename(file), Buffer.from(contents));
}
await put('icon.svg', await readFile(path.join(web, 'src', 'icon.svg')));
await writeFile(path.join(assets, 'LICENSES'), await licences(Object.keys(metafile.inputs)));
await writeFile(path.join(assets, 'SHA256SUMS'), await sums());

async function put(name, contents) {
  const { name: stem, ext } = path.parse(name);
  const file = `${stem}-${sha256(contents).slice(0, 16)}${ext}.gz`;
  await writeFile(path.join(assets, file), gzipSync(contents, { level: 9 }));
}

async function sums() {
  const lines = [];
  for (const file of (await readdir(assets)).sort()) {
    lines.push(`${sha256(await readFile(path.join(assets, file)))}  ${file}\n`);
  }
  return lines.join('');
}

function sha256(contents) {
  return createHash('sha256').update(contents).digest('hex');
}

// licences is the notice of every package that gave at least one file.
async function licences(inputs) {
  const directories = new Set();
  for (const input of inputs) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) directories.add(found[1]);
  }
  const notices = [];
  for (const directory of [...directories].sort()) {
    notices.push(await notice(path.join(web, directory)));
  }
  return `Software in the playground's script and style sheet.\n\n${notices.join('\n')}`;
}

async function notice(directory) {
  const { name, version, license, author } = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8'));
  const files = (await readdir(directory)).filter((file) => /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')));
  const body = texts.length > 0 ? texts.map((text) => text.trim()).join('\n\n') : terms({ name, license, author });
  return `${'='.repeat(72)}\n${name} ${version} (${license})\n\n${body.replace(/\r\n/g, '\n')}\n`;
}

// terms is the notice of a package that names its licence and ships no text.
function terms({ name, license, author }) {
  if (license !== 'MIT') throw new Error(`${name}: no text for licence ${license}`);
  return `Copyright (c) ${(typeof author === 'string' ? author : author?.name) ?? `the authors of ${name}`}\n\n${mit}`;
}
