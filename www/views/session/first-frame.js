// @ts-check
/** Tells when the picture is really there: a video may "play" before it has any frame. */

const LOOK_MS = 200;

/** A stream without a picture has two pixels each way in some browsers. */
const NO_PICTURE_PIXELS = 2;

/**
 * @param {HTMLVideoElement} video
 * @param {() => void} onShown once, when the next frame of its stream is shown
 * @param {AbortSignal} signal
 */
export function awaitFrame(video, onShown, signal) {
  // One that waits for a press shows its first frame, and no other.
  const hasPicture = () => video.videoWidth > NO_PICTURE_PIXELS && !video.paused;
  if ('requestVideoFrameCallback' in video) {
    const look = () => {
      if (signal.aborted) return;
      if (hasPicture()) onShown();
      else video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    return;
  }
  const before = countShown(video);
  const timer = setInterval(() => {
    if (!hasPicture() || countShown(video) === before) return;
    clearInterval(timer);
    onShown();
  }, LOOK_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** In browsers that tell of no frames: how many there were, or else how far the video has come. @param {HTMLVideoElement} video */
function countShown(video) {
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality?.() ?? {};
  return totalVideoFrames === undefined ? video.currentTime : totalVideoFrames - droppedVideoFrames;
}
