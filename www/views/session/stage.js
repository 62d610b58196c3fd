// @ts-check
import { serverNowMs } from '../../net/ask.js';
import { rcHoldsMouse, rcTitle } from '../../words/rc.js';
import { countdown } from '../../words/times.js';
import { find, setText } from '../dom.js';
import { createRcPicture } from '../rc-picture.js';
import { AppKeysView } from './app-keys.js';
import { GamepadView } from './gamepad.js';
import { InviteView } from './invite.js';
import { followKeyboard } from './keyboard.js';
import { MouseView } from './mouse.js';
import { PhotoView } from './photo.js';
import { awaitFrame } from './first-frame.js';
import { findPicture } from './picture.js';
import { SceneInput } from './scene-input.js';
import { ScreenSize } from './screen-size.js';
import { TextEntryView } from './text-entry.js';
import { ToolsView } from './tools.js';
import { TroubleView } from './trouble.js';
import { TurnView } from './turn.js';
import { WakeView } from './wake.js';
import { WalkPadView } from './walk-pad.js';

/** The live picture and what stands around it: the code, the tools, how long it lasts. */

/**
 * @typedef {import('../../session/state.js').SessionState} SessionState
 * @typedef {import('../../session/people.js').People} People
 * @typedef {import('../../net/coordinator.js').Rc} Rc
 * @typedef {object} SceneHandlers
 * @property {() => void} onLeave
 * @property {(message: import('../../player/input-queue.js').InputMessage) => void} onInput
 * @property {() => number} inputBacklog
 * @property {() => boolean} isPointing
 * @property {() => void} onPhoto the visitor has taken a picture
 * @property {() => void} onShown a frame of the stream is there to be seen
 * @property {() => void} onPlayRefused the browser wants a press before it plays
 * @property {() => void} onRetry
 * @property {() => void} onPlan
 * @typedef {SceneHandlers & import('./invite.js').InviteHandlers} StageHandlers
 */

/** From here on the remaining time is counted by seconds. */
const TIME_COUNTED_MS = 5 * 60_000;

/** How long the hint about the keys stays over the picture. */
const HINT_MS = 9_000;

export class StageView {
  #i18n;
  #handlers;
  #title = find('[data-stage-title]', HTMLElement);
  #box = find('[data-picture-box]', HTMLElement);
  #video = findPicture();
  #poster = find('[data-poster]', HTMLElement);
  #waiting = find('[data-waiting]', HTMLElement);
  #waitingText = find('[data-waiting-text]', HTMLElement);
  #hint = find('[data-hint]', HTMLElement);
  #time = find('[data-fact="time"]', HTMLElement);
  #invite;
  #tools;
  #mouse;
  #photo;
  #trouble;
  /** @type {AbortController} ends the waiting for a frame */ #awaiting = new AbortController();
  #playRefused = false;
  #wake = new WakeView();
  #turn = new TurnView();
  #pad;
  #keys;
  #gamepad;
  #input;
  /** @type {TextEntryView} */ #text;
  #screenSize;
  #mayTouch = false;
  #posterFor = '';
  /** @type {number | undefined} */ #endsAtMs;
  #clock = 0;
  #hintTimer = 0;

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {StageHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#invite = new InviteView(i18n, handlers);
    this.#tools = new ToolsView(i18n, this.#video);
    this.#mouse = new MouseView(this.#video, { isPointing: handlers.isPointing, onChange: () => this.#showHint() });
    this.#photo = new PhotoView(i18n, this.#video, {
      onTaken: handlers.onPhoto,
      onFailed: () => handlers.tell(() => i18n.t('photo.failed')),
    });
    this.#input = new SceneInput(this.#video, {
      send: handlers.onInput,
      backlog: handlers.inputBacklog,
      mayControl: () => this.#mayTouch,
      isPointing: handlers.isPointing,
      isTyping: () => this.#text.isOpen,
    });
    this.#text = new TextEntryView(this.#input);
    this.#screenSize = new ScreenSize(this.#video, (size) => handlers.onInput({ type: 'screen', ...size }));
    this.#pad = new WalkPadView((code, down) => this.#input.press(code, down));
    this.#keys = new AppKeysView(i18n, (code, down) => this.#input.press(code, down));
    this.#gamepad = new GamepadView(this.#video, this.#input);
    find('[data-action="leave"]', HTMLButtonElement).addEventListener('click', handlers.onLeave);
    followKeyboard(find('[data-view="session"]', HTMLElement));
    this.#trouble = new TroubleView(i18n, {
      play: () => this.#play(),
      again: handlers.onRetry,
      plan: handlers.onPlan,
      leave: handlers.onLeave,
    });
    this.#handlers = handlers;
    // Whatever is pressed will do where the browser wants a press.
    for (const type of ['click', 'pointerup', 'keydown']) addEventListener(type, () => this.#playRefused && this.#play(), { capture: true });
  }

  /**
   * @param {SessionState} state
   * @param {People} people
   * @param {Rc | undefined} rc
   */
  render(state, people, rc) {
    const t = this.#i18n.t.bind(this.#i18n);
    const title = rc ? rcTitle(rc, this.#i18n) : state.rcName ?? t('session.title.unknown');
    setText(this.#title, title);
    this.#showPoster(state.rcName ?? '', rc);
    this.#showStream(state.stream);
    const playing = this.#box.classList.contains('picture--playing');
    this.#box.classList.toggle('picture--stale', state.phase === 'reconnecting');
    this.#trouble.render(state.trouble, rc !== undefined);
    this.#waiting.hidden = state.trouble !== undefined || (playing && state.phase !== 'reconnecting');
    setText(this.#waitingText, t(state.phase === 'reconnecting' ? 'notice.offline' : 'session.connecting'));

    this.#letTouch(people.mayTouch);
    this.#renderMouse(people, state.relative, rcHoldsMouse(rc));
    this.#keys.render(rc?.info?.keys, people.mayTouch);
    this.#gamepad.render(rc?.info?.gamepad, people.mayTouch);
    setText(this.#hint, this.#hintText(people.mayTouch));

    this.#wake.keep(true);
    this.#turn.offer();
    this.#invite.render(state, people.me?.role === 'host', title);
    this.#tools.render(state.hasSound);
    this.#photo.render(title);
    this.#endsAtMs = state.endsAtMs;
    this.#clock ||= setInterval(() => this.#showTime(), 1000);
    this.#showTime();
  }

  /** Input can be sent now, on a connection that knows nothing of this visitor's screen. */
  tellScreen() {
    this.#screenSize.tell();
  }

  /** The session is over: lets everything go. */
  stop() {
    this.#letTouch(false);
    this.#keys.stop();
    this.#input.releaseAll();
    this.#tools.stop();
    this.#mouse.stop();
    this.#wake.keep(false);
    this.#awaiting.abort();
    this.#playRefused = false;
    this.#trouble.render(undefined, false);
    this.#turn.stop();
    this.#video.srcObject = null;
    this.#box.classList.remove('picture--playing', 'picture--hinted');
    clearInterval(this.#clock);
    clearTimeout(this.#hintTimer);
    this.#clock = 0;
    this.#posterFor = '';
  }

  /** @param {MediaStream | undefined} stream */
  #showStream(stream) {
    if (!stream || this.#video.srcObject === stream) return;
    this.#video.srcObject = stream;
    this.#awaiting.abort();
    this.#awaiting = new AbortController();
    awaitFrame(this.#video, () => this.#showPicture(), this.#awaiting.signal);
    this.#play();
  }

  /** Without the sound where the browser wants that; where it wants a press, the visitor is asked for one. */
  async #play() {
    const video = this.#video;
    const wish = () => video.play().then(() => null, (/** @type {DOMException} */ error) => error.name);
    let refusal = await wish();
    if (refusal === 'NotAllowedError' && !video.muted) {
      video.muted = true;
      refusal = await wish();
    }
    this.#playRefused = refusal === 'NotAllowedError';
    if (this.#playRefused) this.#handlers.onPlayRefused();
  }

  #showPicture() {
    this.#handlers.onShown();
    if (this.#box.classList.contains('picture--playing')) return;
    this.#box.classList.add('picture--playing');
    this.#waiting.hidden = true;
    this.#showHint();
    // The keys work at once; but whoever is already at a button stays there.
    if (document.activeElement === document.body || document.activeElement === this.#title) this.#video.focus({ preventScroll: true });
  }

  /** What the hand can do is another thing now, or is to be read for the first time. */
  #showHint() {
    setText(this.#hint, this.#hintText(this.#mayTouch));
    if (!this.#box.classList.contains('picture--playing')) return;
    this.#box.classList.add('picture--hinted');
    clearTimeout(this.#hintTimer);
    this.#hintTimer = setTimeout(() => this.#box.classList.remove('picture--hinted'), HINT_MS);
  }

  /** @param {People} people @param {boolean} relative @param {boolean} promised */
  #renderMouse({ steers, mayTouch, controller }, relative, promised) {
    const wasOffered = this.#mouse.isOffered;
    this.#input.takesMoves = relative;
    this.#mouse.render({ steers, mayHold: steers || (mayTouch && controller === null), relative, promised });
    if (this.#mouse.isOffered !== wasOffered) this.#showHint();
  }

  /** @param {boolean} mayTouch */
  #letTouch(mayTouch) {
    if (!mayTouch) this.#gamepad.stop();
    if (this.#mayTouch && !mayTouch) this.#input.releaseAll();
    this.#mayTouch = mayTouch;
    this.#pad.show(mayTouch);
    this.#text.show(mayTouch);
  }

  /** @param {boolean} mayTouch */
  #hintText(mayTouch) {
    if (!mayTouch) return this.#i18n.t('session.hint.guest');
    const touch = matchMedia('(pointer: coarse)').matches;
    if (touch) return this.#i18n.t('session.hint.touch');
    if (this.#mouse.isHeld) return this.#i18n.t('session.hint.locked');
    return [this.#i18n.t(this.#mouse.isOffered ? 'session.hint.held' : 'session.hint.keys'), ...this.#keys.hints].join(' · ');
  }

  /** @param {string} name @param {Rc | undefined} rc */
  #showPoster(name, rc) {
    const key = `${name} ${rc !== undefined}`;
    if (this.#posterFor === key) return;
    this.#posterFor = key;
    this.#poster.replaceChildren(createRcPicture(name, rc?.info));
  }

  #showTime() {
    const leftMs = this.#endsAtMs === undefined ? Infinity : this.#endsAtMs - serverNowMs();
    this.#time.hidden = leftMs === Infinity;
    if (this.#time.hidden) return;
    const soon = leftMs <= TIME_COUNTED_MS;
    this.#time.classList.toggle('facts__one--soon', soon);
    const time = soon ? countdown(leftMs) : this.#i18n.minutes(Math.floor(leftMs / 60_000));
    setText(this.#time, this.#i18n.t('session.left', { time }));
  }
}
