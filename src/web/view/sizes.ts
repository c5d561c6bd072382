/** Longest sides on the size slider, in pixels; others can be typed, or come with a link. */
export const sizeChoices: readonly number[] = [
  64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072,
  4096,
];
