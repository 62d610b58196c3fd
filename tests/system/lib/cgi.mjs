// @ts-check
// The coordinator as a plain CGI program, started for a request as a web server would.

import { spawn } from 'node:child_process';
import { built, slowness } from './programs.mjs';

/** @typedef {import('./coordinator.mjs').CoordinatorFiles} CoordinatorFiles */
/** @typedef {(verb: string, fields?: object) => Promise<{ status: number, answer: any, headers: any }>} Ask */

/** Starts the program as a web server would. @param {CoordinatorFiles} files @param {string} [address] of the client @returns {Ask} */
export const directly = (files, address = '192.0.2.1') => (verb, fields = {}) =>
  invoke(files, JSON.stringify({ verb, ...fields }), { REMOTE_ADDR: address });

/**
 * One run of the program.
 * @param {CoordinatorFiles} files @param {string} body @param {Record<string, string | undefined>} [variables] @param {string[]} [args]
 * @returns {Promise<{ status: number, answer: any, headers: Record<string, string>, log: string }>}
 */
export function invoke(files, body, variables = {}, args = []) {
  const env = {
    ...process.env,
    VITRINA_CONFIG: files.configuration,
    GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: 'POST',
    REQUEST_URI: '/any/api?x=y',
    REMOTE_ADDR: '192.0.2.1',
    CONTENT_LENGTH: String(Buffer.byteLength(body)),
    ...variables,
  };
  return new Promise((settle, fail) => {
    const child = spawn(built('vitrina-coordinator'), args, { env, stdio: 'pipe', timeout: 60_000 * slowness });
    let [out, log] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', text => (out += text));
    child.stderr.setEncoding('utf8').on('data', text => (log += text));
    child.stdin.on('error', () => {});
    child.on('error', fail);
    child.on('close', code => {
      if (code !== 0) return fail(new Error(`it ended with ${code}; ${out}${log}`));
      const [head, text] = out.split('\r\n\r\n');
      const headers = Object.fromEntries(head.split('\r\n').map(line => line.split(/: (.*)/, 2)));
      settle({ status: parseInt(headers.Status), answer: JSON.parse(text), headers, log });
    });
    child.stdin.end(body);
  });
}
