/** The camera. */

import { InputError, messageOf } from '../../core/errors.ts';

/** Opens the camera that looks away from the user, where there is a choice. The caller stops the tracks. @throws InputError. */
export async function openCamera(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1920 } } });
  } catch (error) {
    throw new InputError(`the camera could not be opened (${messageOf(error)}); allow it, or choose a file`);
  }
}

export function stopCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** The frame that the element shows, as a file. */
export async function takePhotograph(video: HTMLVideoElement): Promise<File> {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
  return new File([blob], 'photograph.jpg', { type: blob.type });
}
