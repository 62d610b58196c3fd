// @ts-check
/** Handing something on to another program of the device, where the browser can. */

/** Whether it can. */
export function canShare() {
  return typeof navigator.share === 'function';
}

/**
 * @param {ShareData} data
 * @param {() => unknown} otherwise what is done where that fails; not where the visitor takes it back
 */
export async function shareOr(data, otherwise) {
  try {
    await navigator.share(data);
  } catch (error) {
    const cancelled = error instanceof DOMException && error.name === 'AbortError';
    if (!cancelled) await otherwise();
  }
}
