// @ts-check
/** The requests of WHEP (draft-ietf-wish-whep, after WHIP, RFC 9725): one viewing, from its offer to its end. */

const FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';

/** The server said no, by its HTTP status. */
export class WhepRefused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

export class WhepResource {
  #endpoint;
  #ticket;
  #closed = false;
  /** @type {URL | null} */ #url = null;
  /** @type {string | null} */ #etag = null;

  /**
   * @param {URL} endpoint
   * @param {string} ticket
   */
  constructor(endpoint, ticket) {
    this.#endpoint = endpoint;
    this.#ticket = ticket;
  }

  get isThere() {
    return this.#url !== null && !this.#closed;
  }

  /**
   * @param {string} sdp
   * @param {AbortSignal} signal
   * @returns {Promise<string>} the answer
   */
  async offer(sdp, signal) {
    const response = await this.#fetch(this.#endpoint, 'POST', { 'Content-Type': 'application/sdp' }, { body: sdp, signal });
    if (response.status !== 201) throw new WhepRefused(response.status);
    const location = response.headers.get('Location');
    if (location) this.#url = new URL(location, response.url || this.#endpoint);
    this.#etag = response.headers.get('ETag');
    const answer = await response.text();
    // Left in the meantime: nobody else knows what to delete.
    if (this.#closed) this.#delete();
    return answer;
  }

  /**
   * More candidates of the present ICE generation.
   * @param {string} fragment
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether the server takes such
   */
  async trickle(fragment, signal) {
    if (!this.#url) return false;
    const headers = { 'Content-Type': FRAGMENT_TYPE, ...(this.#etag ? { 'If-Match': this.#etag } : {}) };
    const response = await this.#fetch(this.#url, 'PATCH', headers, { body: fragment, signal });
    return response.ok;
  }

  /**
   * Restarts ICE (RFC 9725, section 4.3.3). Not with `If-Match: *`: an earlier request that got no answer may still be under way,
   * and would undo this one.
   * @param {string} fragment with the new credentials
   * @param {AbortSignal} signal
   * @returns {Promise<string>} the server's fragment
   */
  async restart(fragment, signal) {
    while (this.#url && this.#etag) {
      const headers = { 'Content-Type': FRAGMENT_TYPE, 'If-Match': this.#etag };
      /** @type {Response} */
      const response = await this.#fetch(this.#url, 'PATCH', headers, { body: fragment, signal });
      const etag = response.headers.get('ETag');
      // That earlier request came through.
      const again = response.status === 412 && etag !== null && etag !== this.#etag;
      if (response.status !== 200 && !again) throw new WhepRefused(response.status);
      this.#etag = etag;
      if (!again) return response.text();
    }
    throw new WhepRefused(404);
  }

  /** Ends the viewing. Works while the page unloads, too. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#delete();
  }

  #delete() {
    if (this.#url) this.#fetch(this.#url, 'DELETE', {}, { keepalive: true }).catch(() => {});
  }

  /**
   * @param {URL} url
   * @param {string} method
   * @param {Record<string, string>} headers
   * @param {RequestInit} rest
   */
  #fetch(url, method, headers, rest) {
    return fetch(url, { method, headers: { ...headers, Authorization: `Bearer ${this.#ticket}` }, credentials: 'omit', ...rest });
  }
}
