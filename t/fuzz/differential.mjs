// SPDX-License-Identifier: BSD-2-Clause
// Forms and URIs read by us and by Node (URLSearchParams, WHATWG URL), and compared. Each difference that the two
// specifications make is a rule below; whatever no rule explains is a finding.
//
//   node t/fuzz/differential.mjs BINARY [SECONDS] [SEED]
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const [binary, seconds = '5', seedText = '20260101'] = process.argv.slice(2);
const inputs = Math.min(Number(seconds), 600) * 40_000;
const names = ['a', 'state', 'id token'];

// mulberry32: the same inputs everywhere for the same seed.
let seed = Number(seedText) >>> 0;
const dice = () => {
  seed = (seed + 0x6d2b79f5) >>> 0;
  let t = seed;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) >>> 0;
};
const below = (n) => dice() % n;
const one = (list) => list[below(list.length)];
const some = (most, make) => Array.from({ length: below(most + 1) }, make).join('');

const hex = (text) => Buffer.from(text, 'latin1').toString('hex');
const utf8 = (latin1) => Buffer.from(latin1, 'latin1').toString('utf8');

// ---- inputs: bytes as latin1 strings ----

const byte = () => String.fromCharCode(below(256));
const ascii = () => String.fromCharCode(0x21 + below(0x5e));
const letters = () => some(8, () => one([...'abcXYZ019-._~']));
const escape = () => one(['%20', '%2B', '%26', '%3D', '%25', '%00', '%C3%A9', '%e2%82%ac', '%41', '%', '%4', '%zz', '%FF']);
const formPiece = () => one([byte, ascii, letters, escape, () => '+', () => '='])();
const formName = () => one([() => one(names).replace(' ', one(['+', '%20', ' '])), () => 'st%61te', letters, formPiece, () => '']);
const aForm = () => Array.from({ length: 1 + below(4) }, () => formName()() + one(['=', '=', '=', '']) + some(5, formPiece)).join(one(['&', '&', '&', ';', '&&']));

const uriChar = () => one([...'abcz019-._~!$&\'()*+,;=:@/?#[]%\\ |"<>^`{}']);
const scheme = () => one(['http', 'https', 'HTTPS', 'com.app', 'urn', 'javascript', 'ftp', 'file', '', 'ht tp']);
const host = () => one([
  () => one(['app.example.com', 'APP.Example.COM', 'localhost', '127.0.0.1', '127.1', '0x7f.0.0.1', '1.2.3.4.5', '999.1.1.1', '[::1]', '[::FFFF:1.2.3.4]', '[1:2::3]', '[::1', '[v1.x]', 'xn--bcher-kva.de', 'b%C3%BCcher.de', 'a_b', 'a..b', '.', 'a.', '-', '01.2.3.4']),
  letters, () => some(6, uriChar), () => '',
])();
const port = () => one(['', '', '', ':', ':80', ':443', ':8080', ':0', ':65535', ':65536', ':080', ':x', ':-1']);
const userinfo = () => one(['', '', '', 'u@', 'u:p@', ':@', 'a%40b@', '@', 'a@b@']);
const path = () => one([() => '', () => '/', () => '/a/b', () => '/a/../b', () => '//x', () => '/%2e%2e/', () => '/' + some(8, uriChar), letters])();
const tail = () => one(['', '', '?a=b', '?', '?a?b/c', '#f', '#', '?x#y', '?%', '#a#b', '?a\'b']) + some(2, uriChar);
const plainChar = () => one([...'abcz019-._~!$&\'()*+,;=:@/?']);
const aUri = () => one([
  () => one(['http://', 'https://', 'HTTPS://']) + one(['', '', 'u@', 'u:p@', 'a%40b@']) + letters() + one(['h', '.x', '.example.com']) + one(['', ':1', ':80', ':443', ':65535', ':080']) + one(['', '/' + some(12, plainChar), '?' + some(8, plainChar), '/%2e%2E/#' + some(4, plainChar)]),
  () => scheme() + one(['://', '://', '://', ':', ':/', ':///', '']) + userinfo() + host() + port() + path() + tail(),
  () => some(24, uriChar),
  () => 'https://' + some(16, one([uriChar, byte, ascii])),
])();

// ---- forms ----

const isBroken = (text) => /%(?![0-9a-fA-F]{2})/.test(text);

// What the specification of URLSearchParams and ours (OAuth 2.0, and a form of known parameters) say differently:
//  1. a broken escape stands for itself there; here a name with one is none of ours, a value with one is refused.
//  2. a NUL is a character there; in a value it is refused here.
//  3. a parameter may stand twice there; a known one that does is refused here, the first fault being the one told.
//  4. a parameter without a value is empty there, absent here.
//  5. bytes are decoded as UTF-8 there, kept as they are here: compared after decoding.
function expectedForm(text) {
  const seen = new Map();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const [rawName, ...rest] = pair.split('=');
    const rawValue = rest.join('=');
    if (isBroken(rawName)) continue; // 1
    const entries = [...new URLSearchParams(Buffer.from(pair.startsWith('?') ? `&${pair}` : pair, 'latin1').toString('latin1').replace(/[\x80-\xff]/g, (c) => `%${hex(c)}`)).entries()];
    const [name, value] = entries[0];
    if (!names.includes(name)) continue;
    if (seen.has(name)) return 'refused parameter_repeated'; // 3
    if (isBroken(rawValue)) return 'refused form_malformed'; // 1
    if (value.includes('\0')) return 'refused form_malformed'; // 2
    seen.set(name, value);
  }
  return `form ${names.map((name) => seen.get(name) || '-').join('|')}`; // 4
}

function saidForm(line) {
  if (line.startsWith('refused')) return line;
  const fields = line.split(' ').slice(1);
  return `form ${fields.map((field) => (field === '-' ? '-' : utf8(Buffer.from(field.slice(1), 'hex').toString('latin1')))).join('|')}`;
}

// encodeURIComponent leaves !'()* as they are, which RFC 3986 calls reserved; it takes text, so ASCII is compared.
const expectedComponent = (text) =>
  `component =${hex(encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${hex(c).toUpperCase()}`))}`;

// ---- URIs ----

const unreserved = /^[A-Za-z0-9._-]*$/;

const authorityOf = (text) => /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text)?.[1];

// Which URIs of those that a browser takes do we refuse, and why may we?
function mayRefuse(text, url) {
  if (!/^[\x21-\x7e]{1,2048}$/.test(text)) return 'not printable ASCII';
  if (/["<>\\^`{|}]/.test(text)) return 'a character that RFC 3986 does not have';
  if (isBroken(text)) return 'a broken escape';
  if (url === null) return 'refused by both';
  if (!/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text)) return 'no scheme';
  if (/[[\]]/.test(text.replace(/^[^/]*:\/\/([^/?#@[\]]*@)?\[[0-9a-f:.]+\](?=[:/?#]|$)/i, ''))) return 'a bracket outside of an address';
  if ((text.match(/#/g) || []).length > 1) return 'two fragments';
  const authority = authorityOf(text);
  if (/^https?:/i.test(text)) {
    if (authority === undefined || authority === '') return 'http without an authority, which a browser makes up';
    const bare = authority.replace(/^.*@/, '').replace(/:\d*$/, '');
    if (authority.split('@').length > 2) return 'two @';
    if (!bare.startsWith('[') && !unreserved.test(bare)) return 'a host that is no plain name';
    if (bare === '') return 'no host';
    if (/:0*$/.test(authority)) return 'port 0, or a colon without a port';
    return null;
  }
  return authority === undefined ? null : 'an authority of another scheme';
}

// Which URIs that we take does a browser refuse, and why may it?
function mayBeAccepted(text) {
  if (!/^https?:/i.test(text)) return 'another scheme';
  const bare = (authorityOf(text) ?? '').replace(/^.*@/, '').replace(/:\d*$/, '');
  if (/(^|\.)(0x[0-9a-f]*|\d+)\.?$/i.test(bare)) return 'a name that ends in a number, which a browser takes for a broken address';
  if (/xn--/i.test(bare)) return 'punycode, which a browser decodes';
  if (/^\.+$|\.\./.test(bare) || bare.length > 253) return 'empty labels';
  return null;
}

// A browser writes addresses in one way: what is written otherwise is compared as an address.
const sameHost = (ours, url, text) => {
  if (ours === url.hostname) return true;
  if (/^\[.*\]$/.test(ours)) return new URL(`http://${ours}/`).hostname === url.hostname;
  if (/(^|\.)(0x[0-9a-f]*|\d+)\.?$/i.test(ours)) return new URL(`http://${ours}/`).hostname === url.hostname;
  return false;
};

// Both have taken it: do we agree on where it leads?
function disagreement(text, said, url) {
  const [scheme, user, host, port, , query, fragment] = said;
  if (`${scheme}:` !== url.protocol) return `scheme ${scheme}`;
  if (scheme !== 'http' && scheme !== 'https') return null; // no authority in the browser's sense
  if (!sameHost(host, url, text)) return `host ${host}`;
  const natural = scheme === 'http' ? '80' : '443';
  if ((port === null || String(Number(port)) === natural ? '' : String(Number(port))) !== url.port) return `port ${port}`;
  const browserUser = url.username + (url.password ? `:${url.password}` : '');
  if ((user ?? '').replace(/:$/, '') === '' ? browserUser !== '' : browserUser === '') return `user ${user}`;
  if ((query ?? '') !== decodeQuote(url.search.slice(1), query)) return `query ${query}`;
  if ((fragment ?? '') !== url.hash.slice(1)) return `fragment ${fragment}`;
  return null;
}
// A browser escapes an apostrophe in an http(s) query.
const decodeQuote = (search, ours) => (ours ?? '').includes("'") ? search.replaceAll('%27', "'").replaceAll('%27', "'") : search;

function parse(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function judgeUri(text, line) {
  const url = parse(text);
  if (line.startsWith('refused')) {
    const why = mayRefuse(text, url);
    return why === null ? 'a browser takes it, we do not' : null;
  }
  const said = line.split(' ').slice(1).map((field) => (field === '-' ? null : Buffer.from(field.slice(1), 'hex').toString('latin1')));
  if (url === null) return mayBeAccepted(text) === null ? 'we take it, a browser does not' : null;
  return disagreement(text, said, url);
}

// ---- the run ----

const kinds = {
  form: { make: aForm, judge: (text, line) => (saidForm(line) === expectedForm(text) ? null : `expected ${JSON.stringify(expectedForm(text))}`) },
  component: { make: () => some(12, ascii), judge: (text, line) => (line === expectedComponent(text) ? null : `expected ${expectedComponent(text)}`) },
  uri: { make: aUri, judge: judgeUri },
};

const driver = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] });
const asked = [];
let answered = 0;
const taken = { form: 0, component: 0, uri: 0 };
const findings = [];
createInterface({ input: driver.stdout }).on('line', (line) => {
  const [kind, text] = asked[answered];
  asked[answered++] = undefined;
  if (!line.startsWith('refused')) taken[kind]++;
  const why = kinds[kind].judge(text, line);
  if (why !== null && findings.length < 10) findings.push(`${kind} ${JSON.stringify(text)}: ${why}; we say ${line}`);
});
driver.on('close', (code) => {
  if (code !== 0) findings.push(`the driver ended with ${code} after ${answered} answers`);
  if (answered !== inputs) findings.push(`${answered} answers to ${inputs} inputs`);
  for (const [kind, count] of Object.entries(taken)) {
    if (count < inputs / 100) findings.push(`only ${count} inputs of kind ${kind} were taken: the comparison is blind`);
  }
  console.log(`differential     ${String(inputs).padStart(9)} inputs      seed ${seedText}, taken: ${JSON.stringify(taken).replaceAll('"', '')}  ${findings.length === 0 ? 'nothing found' : 'FOUND:'}`);
  for (const finding of findings) console.log(finding);
  process.exitCode = findings.length === 0 ? 0 : 1;
});

for (let done = 0; done < inputs; ) {
  let chunk = '';
  for (const end = Math.min(done + 2000, inputs); done < end; done++) {
    const kind = ['form', 'uri', 'uri', 'component', 'form'][done % 5];
    const text = kinds[kind].make();
    asked.push([kind, text]);
    chunk += `${kind} ${hex(text)}\n`;
  }
  if (!driver.stdin.write(chunk)) await new Promise((resolve) => driver.stdin.once('drain', resolve));
}
driver.stdin.end();
