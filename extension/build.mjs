// node build.mjs chrome|firefox [--test]   one unpacked folder in dist/
// node build.mjs pack                      both release folders, their zips, and the sources a reviewer builds from
//
// A test build differs in two ways only: host permissions without a prompt, and shadow roots that a test can look into.
// CLAIMCHECK_ADDON_ID names the add-on in Firefox: whoever publishes it sets an id of their own.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import * as esbuild from 'esbuild';

process.chdir(path.dirname(fileURLToPath(import.meta.url)));
const PAGES = ['options', 'welcome', 'report', 'sent', 'selection', 'state'];
const SOURCES = ['src', 'store', 'build.mjs', 'package.json', 'package-lock.json', '.npmrc', 'tsconfig.json',
  'README.md', 'PRIVACY.md', '.nvmrc'];
// In the repository it stands above; in the package of sources it is here.
const LICENSE = fs.existsSync('LICENSE') ? 'LICENSE' : '../LICENSE';
const VERSION = JSON.parse(fs.readFileSync('src/manifest.json', 'utf8')).version;
const MANIFEST = 'src/manifest.json', PLACEHOLDER = 'claimcheck@example.org';
const ADDON_ID = process.env.CLAIMCHECK_ADDON_ID || PLACEHOLDER;
// What the add-on store takes for an id: like an address of mail, or a GUID.
if (ADDON_ID.length > 80 || !/^(?:[\w.-]*@[\w.-]+|\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\})$/i.test(ADDON_ID)) {
  console.error('CLAIMCHECK_ADDON_ID must look like name@domain or {GUID}, in 80 characters at most');
  process.exit(2);
}
const manifestSource = () => fs.readFileSync(MANIFEST, 'utf8').replace(PLACEHOLDER, ADDON_ID);

// A style sheet becomes a string without indentation.
const styles = {
  name: 'styles',
  setup(bundler) {
    bundler.onLoad({ filter: /\.css$/ }, async ({ path: from }) => {
      const css = await fs.promises.readFile(from, 'utf8');
      const { code } = await esbuild.transform(css, { loader: 'css', minifyWhitespace: true });
      return { contents: code, loader: 'text' };
    });
  },
};

async function build(target, test) {
  const out = `dist/${target}${test ? '-test' : ''}`;
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out, { recursive: true });
  const options = {
    outdir: out, bundle: true, format: 'iife', target: ['chrome120', 'firefox142'], charset: 'utf8',
    legalComments: 'none', plugins: [styles], define: {
      TEST_BUILD: String(test), FILL_ORIGIN: target === 'firefox' ? '"USER"' : '"AUTHOR"',
    }, logLevel: 'warning',
  };
  await esbuild.build({
    ...options,
    entryPoints: [
      { in: 'src/background/main.ts', out: 'background' },
      ...PAGES.map(page => ({ in: `src/pages/${page}.ts`, out: page })),
    ],
  });
  // Every page that is checked parses this one, so it goes without indentation and with short local names: as written it
  // is 59 KB, without indentation 45, and 40 is what a page may be asked to take. Names of properties stay as they are,
  // all other scripts are left as written, and the sources that it is made from are in a package of their own.
  await esbuild.build({ ...options, entryPoints: [{ in: 'src/content/main.ts', out: 'content' }], minify: true });
  for (const page of PAGES) fs.copyFileSync(`src/pages/${page}.html`, `${out}/${page}.html`);
  fs.copyFileSync('src/pages/pages.css', `${out}/pages.css`);
  for (const sheet of ['highlight.css', 'fill.css']) fs.copyFileSync(`src/content/${sheet}`, `${out}/${sheet}`);
  fs.cpSync('src/_locales', `${out}/_locales`, { recursive: true });
  fs.cpSync('src/icons', `${out}/icons`, { recursive: true, filter: name => !name.endsWith('.svg') });
  fs.copyFileSync(LICENSE, `${out}/LICENSE`);
  fs.writeFileSync(`${out}/manifest.json`, JSON.stringify(manifest(target, test), null, 2) + '\n');
}

function manifest(target, test) {
  const made = JSON.parse(manifestSource());
  if (target === 'chrome') {
    delete made.background.scripts;
    delete made.browser_specific_settings;
  } else {
    delete made.background.service_worker;
    delete made.minimum_chrome_version;
  }
  if (test) made.host_permissions = ['*://*/*'];
  return made;
}

function files(entry) {
  if (!fs.statSync(entry).isDirectory()) return [entry];
  return fs.readdirSync(entry).sort().flatMap(name => files(`${entry}/${name}`));
}

// In sorted order and with one fixed date: the same bytes whatever the clock and the file system say.
function zip(entries, to) {
  const parts = [], directory = [];
  let offset = 0;
  for (const { name, from, data = fs.readFileSync(from) } of entries) {
    const packed = zlib.deflateRawSync(data, { level: 9 }), bytes = Buffer.from(name, 'utf8');
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);                 // version needed
    fields.writeUInt16LE(0x0800, 2);             // names in UTF-8
    fields.writeUInt16LE(8, 4);                  // deflated
    fields.writeUInt16LE(0, 6);                  // 00:00
    fields.writeUInt16LE((2020 - 1980) << 9 | 1 << 5 | 1, 8);
    fields.writeUInt32LE(zlib.crc32 ? zlib.crc32(data) : crc32(data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(bytes.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, bytes, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, tail, bytes]));
    parts.push(local);
    offset += local.length;
  }
  const size = directory.reduce((sum, one) => sum + one.length, 0), end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  fs.writeFileSync(to, Buffer.concat([...parts, ...directory, end]));
}

function crc32(data) {
  let value = ~0;
  for (const byte of data) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value >>> 1 ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

async function pack() {
  for (const target of ['chrome', 'firefox']) {
    await build(target, false);
    const entries = files(`dist/${target}`).map(from => ({ from, name: from.slice(`dist/${target}/`.length) }));
    zip(entries, `dist/claimcheck-${VERSION}-${target}.zip`);
  }
  // The sources name the add-on as its packages do: a reviewer who builds them gets the same bytes without being told.
  const sources = [
    ...SOURCES.flatMap(files).map(from => ({ from, name: from, data: from === MANIFEST ? Buffer.from(manifestSource()) : undefined })),
    { from: LICENSE, name: 'LICENSE' },
  ];
  zip(sources, `dist/claimcheck-${VERSION}-source.zip`);
  for (const name of fs.readdirSync('dist').filter(name => name.endsWith('.zip')).sort()) {
    console.log(`extension/dist/${name}  ${fs.statSync(`dist/${name}`).size} bytes`);
  }
  if (ADDON_ID === PLACEHOLDER) console.log(`add-on id: ${PLACEHOLDER}, a placeholder; set CLAIMCHECK_ADDON_ID before you publish`);
}

const [command] = process.argv.slice(2);
if (command === 'pack') await pack();
else if (command === 'chrome' || command === 'firefox') await build(command, process.argv.includes('--test'));
else {
  console.error('node build.mjs chrome|firefox [--test]  or  node build.mjs pack');
  process.exit(2);
}
