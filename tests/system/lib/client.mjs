// @ts-check
// A small HTTP client for tests: verbs by POST, plain requests, and requests that can be given up.

import http from 'node:http';
import https from 'node:https';

/**
 * @typedef {object} Reply
 * @property {number} status
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} text
 * @property {any} answer  the parsed JSON, undefined when it is none
 */

/**
 * One HTTP request.
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: string | Buffer, ca?: string,
 *           signal?: AbortSignal, agent?: http.Agent | https.Agent }} [options]
 * @returns {Promise<Reply>}
 */
export function request(url, { method = 'GET', headers = {}, body, ca, signal, agent } = {}) {
  const { request: send } = url.startsWith('https:') ? https : http;
  return new Promise((settle, fail) => {
    const outgoing = send(url, { method, headers, ca, signal, agent }, incoming => {
      /** @type {Buffer[]} */
      const parts = [];
      incoming.on('data', part => parts.push(part));
      incoming.on('error', fail);
      incoming.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        settle({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, answer: parsed(text) });
      });
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Someone who sends verbs to one address over connections that are kept. */
export class Client {
  /**
   * @param {string} url where verbs go (".../api", ".../session")
   * @param {{ ca?: string, headers?: Record<string, string>, connections?: number, localAddress?: string, verify?: boolean }} [options]
   *   `localAddress`: where it comes from, of 127.0.0.0/8; `verify`: whether the server's certificate must be good
   */
  constructor(url, { ca, headers = {}, connections = Infinity, localAddress, verify = true } = {}) {
    this.url = url;
    this.ca = ca;
    this.headers = headers;
    const { Agent } = url.startsWith('https:') ? https : http;
    this.agent = new Agent({ keepAlive: true, maxSockets: connections, ca, localAddress, rejectUnauthorized: verify });
  }

  /**
   * Sends one verb.
   * @param {string} verb @param {Record<string, unknown>} [fields] @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Reply>}
   */
  ask(verb, fields = {}, options = {}) {
    return this.send(JSON.stringify({ verb, ...fields }), options);
  }

  /**
   * Sends any body.
   * @param {string | Buffer} body
   * @param {{ signal?: AbortSignal, headers?: Record<string, string>, method?: string }} [options]
   * @returns {Promise<Reply>}
   */
  send(body, { signal, headers = {}, method = 'POST' } = {}) {
    return request(this.url, {
      method,
      headers: { 'Content-Type': 'application/json', ...this.headers, ...headers },
      body,
      agent: this.agent,
      signal,
    });
  }

  /** Closes its connections. */
  close() {
    this.agent.destroy();
  }
}
