// @ts-check
import { figuresBetween, isSameConnection, readSample, WeaknessGauge } from '../../player/stats.js';
import { create, find, setText } from '../dom.js';
import { setIcon } from '../icons.js';
import { label } from '../page.js';

/** How the picture comes here, for who wants to know (a key or a button), and a hint when the network is weak (for everybody). */

/**
 * @typedef {import('../../player/stats.js').Figures} Figures
 * @typedef {import('../../player/stats.js').Sample} Sample
 */

/** Not given to the scene: see player/keys.js. */
const STATS_KEY = 'F8';

const EVERY_MS = 1000;

/**
 * Writes a number as the language does, with what it is a number of.
 * @typedef {(value: number | undefined, digits: number, unit?: 'stats.ms' | 'stats.mbit' | 'stats.percent') => string | undefined} Write
 */

/** What is shown, in this order: the word's key, and its figure. @type {[string, (figures: Figures, write: Write) => string | undefined][]} */
const ROWS = [
  ['stats.roundTrip', ({ roundTripMs }, write) => write(roundTripMs, 0, 'stats.ms')],
  ['stats.frames', ({ framesPerSecond }, write) => write(framesPerSecond, 0)],
  ['stats.size', ({ width, height }) => (width && height ? `${width} × ${height}` : undefined)],
  ['stats.rate', ({ kbps }, write) => write(kbps === undefined ? undefined : kbps / 1000, 2, 'stats.mbit')],
  ['stats.loss', ({ lossPercent }, write) => write(lossPercent, 1, 'stats.percent')],
  ['stats.buffer', ({ jitterBufferMs }, write) => write(jitterBufferMs, 0, 'stats.ms')],
  ['stats.freezes', ({ freezes }, write) => write(freezes, 0)],
  ['stats.codec', ({ codec }) => codec],
  ['stats.path', ({ path, transport }) => (path ? `${path}, ${transport ?? '?'}` : undefined)],
];

export class StatsView {
  #i18n;
  #getStats;
  #button = find('[data-tool="stats"]', HTMLButtonElement);
  #box = find('[data-stats]', HTMLElement);
  #list = find('[data-stats-list]', HTMLElement);
  #weak = find('[data-weak]', HTMLElement);
  #gauge = new WeaknessGauge();
  /** @type {Sample | undefined} */ #before;
  /** @type {Figures | undefined} */ #figures;
  #timer = 0;
  #asked = 0;

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {() => Promise<RTCStatsReport> | undefined} getStats of the present connection
   */
  constructor(i18n, getStats) {
    this.#i18n = i18n;
    this.#getStats = getStats;
    this.#button.addEventListener('click', () => this.#toggle());
    addEventListener('keydown', (event) => {
      if (event.code !== STATS_KEY || event.ctrlKey || event.altKey || event.metaKey || !this.#timer) return;
      event.preventDefault();
      if (!event.repeat) this.#toggle();
    });
  }

  /** @param {boolean} live there is a picture */
  render(live) {
    setIcon(this.#button, 'stats');
    label(this.#button, this.#i18n.t('stats.tool', { key: STATS_KEY }));
    setText(this.#weak, this.#i18n.t('stats.weak'));
    if (live) this.#timer ||= setInterval(() => this.#look(), EVERY_MS);
    else this.stop();
    this.#show();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#forget();
  }

  #forget() {
    this.#asked += 1;
    this.#before = undefined;
    this.#figures = undefined;
    this.#gauge.reset();
    this.#weak.hidden = true;
  }

  async #look() {
    const asked = (this.#asked += 1);
    const report = await this.#getStats()?.catch(() => undefined);
    const sample = report && readSample(report, performance.now());
    // Another look has begun since, or the picture has ended.
    if (!sample || asked !== this.#asked) return;
    if (this.#before && !isSameConnection(this.#before, sample)) this.#forget();
    if (this.#before) {
      this.#figures = figuresBetween(this.#before, sample);
      this.#weak.hidden = !this.#gauge.update(this.#figures);
    }
    this.#before = sample;
    this.#show();
  }

  #toggle() {
    this.#box.hidden = !this.#box.hidden;
    this.#show();
  }

  #show() {
    this.#button.setAttribute('aria-pressed', String(!this.#box.hidden));
    if (this.#box.hidden) return;
    if (this.#list.childElementCount === 0)
      for (const [word] of ROWS) this.#list.append(create('dt', { 'data-stats-word': word }), create('dd', { 'data-stats-figure': word }));
    for (const [word, figure] of ROWS) {
      setText(find(`[data-stats-word="${word}"]`, HTMLElement, this.#list), this.#i18n.t(word));
      const text = this.#figures && figure(this.#figures, (...args) => this.#write(...args));
      setText(find(`[data-stats-figure="${word}"]`, HTMLElement, this.#list), text ?? '–');
    }
  }

  /** @type {Write} */
  #write(value, digits, unit) {
    if (value === undefined) return undefined;
    const number = value.toLocaleString(this.#i18n.language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return unit ? this.#i18n.t(unit, { number }) : number;
  }
}
