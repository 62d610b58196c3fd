// @ts-check
// People who are in a session together: what they do with each other, and what they see of each other.

import assert from 'node:assert/strict';
import { slowness, until } from '../../system/lib/programs.mjs';
import { Visitor } from './visitor.mjs';

export class Participant extends Visitor {
  /**
   * The first starts the session, the others come by its code.
   * @param {{ url: string }} house @param {string} rcName @param {Participant[]} others in the order of coming, each by the code
   */
  async invites(house, rcName, ...others) {
    await this.open(house.url);
    const code = await this.start(rcName);
    for (const other of others) {
      await other.open(`${house.url}#code=${code}`);
      await other.seesPicture();
    }
    await this.seesPeople(...Array.from({ length: others.length + 1 }, () => /./));
  }

  /** The button that opens a panel and closes it. @param {'people' | 'chat'} name */
  panelButton(name) {
    return this.site.locator(`[data-panel-button="${name}"]`);
  }

  /** @param {'people' | 'chat'} name */
  async opens(name) {
    if ((await this.panelButton(name).getAttribute('aria-expanded')) === 'false') await this.panelButton(name).click();
    await this.site.locator(`[data-panel="${name}"]`).waitFor();
  }

  /** The row of the list of people that has this name. @param {string} name */
  person(name) {
    return this.site.locator('.person', { has: this.site.getByText(name, { exact: true }) });
  }

  /** Waits until the list of people says this, row by row. @param {...RegExp} rows */
  async seesPeople(...rows) {
    await this.sees(() => this.site.locator('.person').allTextContents(), rows);
  }

  /** Waits until the chat has these messages, in this order. @param {...RegExp} messages */
  async reads(...messages) {
    await this.sees(() => this.site.locator('.said__text').allTextContents(), messages);
  }

  /** @param {() => Promise<string[]>} look @param {RegExp[]} wanted */
  async sees(look, wanted) {
    /** @type {string[]} */
    let seen = [];
    try {
      await until(
        async () => {
          seen = await look();
          return seen.length === wanted.length && wanted.every((words, at) => words.test(seen[at]));
        },
        { timeout: 20_000 },
      );
    } catch (failure) {
      throw new Error(`${this.label} sees ${JSON.stringify(seen)}, not ${wanted.join(', ')}`, { cause: failure });
    }
  }

  /** Waits until the page says who steers. @param {string} words */
  async seesSteering(words) {
    await this.site.locator('[data-fact="role"]', { hasText: words }).waitFor();
  }

  /** The one button about control: asks, takes, gives, takes the question back. */
  get control() {
    return this.site.locator('[data-action="control"]');
  }

  /** @param {string} text */
  async writes(text) {
    await this.opens('chat');
    const field = this.site.locator('textarea[name="chat"]');
    await field.fill(text);
    await field.press('Enter');
  }

  /** Where the picture is on the page, without bars. @returns {Promise<{ x: number, y: number, width: number, height: number }>} */
  async pictureBox() {
    const box = await this.video.boundingBox();
    assert.ok(box);
    const { width, height } = await this.pictureSize();
    const scale = Math.min(box.width / width, box.height / height);
    const [w, h] = [width * scale, height * scale];
    return { x: box.x + (box.width - w) / 2, y: box.y + (box.height - h) / 2, width: w, height: h };
  }

  /** The page's pixel at a fraction of the picture. @param {number} x @param {number} y */
  async pixelAt(x, y) {
    const box = await this.pictureBox();
    return { x: box.x + x * box.width, y: box.y + y * box.height };
  }

  /** Waits until somebody's pointer stands at a fraction of the picture. @param {string} name @param {number} x @param {number} y */
  async seesPointer(name, x, y) {
    const pointer = this.site.locator('[data-pointer]', { hasText: name });
    let seen = '';
    try {
      await until(
        async () => {
          const box = await pointer.boundingBox();
          if (!box) return false;
          const wanted = await this.pixelAt(x, y);
          seen = `${Math.round(box.x)}, ${Math.round(box.y)} instead of ${Math.round(wanted.x)}, ${Math.round(wanted.y)}`;
          return Math.hypot(box.x - wanted.x, box.y - wanted.y) < 4;
        },
        { timeout: 20_000 },
      );
    } catch (failure) {
      throw new Error(`${this.label} sees the pointer at ${seen}`, { cause: failure });
    }
  }

  /** Waits until nobody points. */
  async seesNoPointer() {
    await this.site.locator('[data-pointer]').first().waitFor({ state: 'detached' });
  }

  /** The end of the visit, with the reason. @param {RegExp} words */
  async seesEnd(words) {
    await this.site.locator('[data-view="ended"]').waitFor({ timeout: 60_000 * slowness });
    await this.isTold(words);
  }

  /** Whether the page has told anything about people since it was last asked: the watch begins with the first call. */
  async newsSince() {
    return this.site.evaluate(() => {
      /** @type {any} */
      const page = globalThis;
      if (!page.news) {
        page.news = [];
        const message = document.querySelector('[data-message]');
        if (!message) throw new Error('no message');
        new MutationObserver(() => message.textContent && page.news.push(message.textContent)).observe(message, {
          childList: true,
          characterData: true,
          subtree: true,
        });
      }
      return page.news.splice(0);
    });
  }
}
