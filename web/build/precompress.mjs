// Writes a .br and a .gz beside every text file of dist/, so that the server never compresses while somebody waits.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url).pathname;
const texts = new Set(['.js', '.css', '.html', '.svg', '.json', '.webmanifest']);
let files = 0;
let before = 0;
let after = 0;

function walk(dir) {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) walk(path);
    else if (texts.has(extname(name))) compress(path);
  }
}

function compress(path) {
  const data = readFileSync(path);
  if (data.length < 1024) return;
  const br = brotliCompressSync(data, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length },
  });
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gzipSync(data, { level: 9 }));
  files += 1;
  before += data.length;
  after += br.length;
}

walk(dist);
// The build empties dist/, and Go's embed needs one committed file there.
writeFileSync(join(dist, '.gitkeep'), '');
console.log(`precompressed ${files} files: ${Math.round(before / 1024)} KB to ${Math.round(after / 1024)} KB (brotli)`);
