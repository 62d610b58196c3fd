// @ts-check
/** Whether this browser can show a picture at all, known before anybody starts one for it. */

/** What streamers can send. */
const CODECS = new Set(['video/vp8', 'video/h264']);

/**
 * @param {object} browser what the page finds in it
 * @param {unknown} [browser.RTCPeerConnection]
 * @param {{ getCapabilities?: (kind: string) => { codecs: { mimeType: string }[] } | null }} [browser.RTCRtpReceiver]
 * @returns {'no_webrtc' | 'no_codec' | null} null: nothing is known to be in the way
 */
export function findLack({ RTCPeerConnection, RTCRtpReceiver }) {
  if (typeof RTCPeerConnection !== 'function') return 'no_webrtc';
  const codecs = RTCRtpReceiver?.getCapabilities?.('video')?.codecs;
  if (codecs === undefined || codecs.some(({ mimeType }) => CODECS.has(mimeType.toLowerCase()))) return null;
  return 'no_codec';
}
