// @ts-check
// Of a browser its family is told, and nothing by which it could be known again.

import assert from 'node:assert/strict';
import test from 'node:test';
globalThis.document = /** @type {any} */ ({ baseURI: 'https://site.example/' });
const { browserFamily } = await import('../../../www/net/report.js');

test('browsers that name others, too, are told by their own name', () => {
  const webkit = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)';
  assert.equal(browserFamily(`${webkit} Chrome/126.0.0.0 Safari/537.36`), 'chrome');
  assert.equal(browserFamily(`${webkit} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.56`), 'edge');
  assert.equal(browserFamily('Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'), 'firefox');
  assert.equal(browserFamily('Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'), 'safari');
  assert.equal(browserFamily('curl/8.5.0'), 'other');
});
