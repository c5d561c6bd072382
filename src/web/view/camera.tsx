/** Takes a photograph. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { messageOf } from '../../core/errors.ts';
import { openCamera, stopCamera, takePhotograph } from '../../platform/browser/camera.ts';
import { Dialog } from './dialog.tsx';

export function Camera(properties: {
  readonly onPicture: (files: readonly File[]) => void;
  readonly onClose: () => void;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const problem = useSignal('');
  const isLive = useSignal(false);
  useEffect(() => {
    const streaming = openCamera();
    streaming.then(
      (stream) => {
        if (video.current !== null) video.current.srcObject = stream;
      },
      (error: unknown) => {
        problem.value = messageOf(error);
      },
    );
    return () => {
      streaming.then(stopCamera, () => {});
    };
  }, [problem]);
  const shoot = async (): Promise<void> => {
    if (video.current === null) return;
    properties.onPicture([await takePhotograph(video.current)]);
    properties.onClose();
  };
  return (
    <Dialog title="Take a photograph" onClose={properties.onClose}>
      {problem.value === '' ? (
        <video
          ref={video}
          class="viewfinder"
          autoplay
          playsInline
          muted
          onPlaying={() => {
            isLive.value = true;
          }}
        />
      ) : (
        <p role="alert">{problem.value}</p>
      )}
      <button type="button" class="main" disabled={!isLive.value} onClick={() => void shoot()}>
        Take it
      </button>
    </Dialog>
  );
}
