// @ts-check
/**
 * A page of which a part did not come, because the network changed just then, does nothing and says nothing: it is loaded again, a few
 * times. This is no module and needs none, and stands before all that it watches over.
 */
(() => {
  const MOST = 5;
  const PAUSE_MS = 500;
  // What stands in the history's entry outlives a reload, also where a page in a frame may store nothing.
  const reloads = history.state?.reloads ?? 0;
  let lacks = false;

  document.addEventListener('error', onError, true);
  addEventListener('load', () => {
    document.removeEventListener('error', onError, true);
    if (!lacks && reloads) history.replaceState(null, '');
  });

  /** @param {Event} event */
  function onError({ target }) {
    const isNeeded = target instanceof HTMLScriptElement || (target instanceof HTMLLinkElement && target.rel === 'stylesheet');
    if (!isNeeded || lacks || reloads >= MOST) return;
    lacks = true;
    history.replaceState({ reloads: reloads + 1 }, '');
    setTimeout(() => location.reload(), PAUSE_MS * (reloads + 1));
  }
})();
