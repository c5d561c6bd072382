/** The pictures a run may start from, by name. */

/** Starts that are drawn from a seed. */
export const noiseKinds = ['noise', 'normal-noise', 'lecture-noise', 'grey', 'style-colours'] as const;
export type NoiseKind = (typeof noiseKinds)[number];

/** The usual one first. */
export const startNames = ['content', 'style', ...noiseKinds] as const;
export type StartName = (typeof startNames)[number];

/** Of a reconstruction, which has no style picture. */
export const reconstructStarts: readonly StartName[] = [
  'lecture-noise',
  ...startNames.filter((name) => !['lecture-noise', 'style', 'style-colours'].includes(name)),
];

/** Of a texture, which has no content picture. */
export const textureStarts: readonly StartName[] = [
  'lecture-noise',
  ...startNames.filter((name) => !['lecture-noise', 'content'].includes(name)),
];

export function isNoise(start: string): start is NoiseKind {
  return noiseKinds.some((kind) => kind === start);
}
