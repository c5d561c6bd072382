/** The pictures a run may start from, by name. */

/** Starts that are drawn from a seed. */
export const noiseKinds = ['noise', 'normal-noise', 'lecture-noise', 'grey', 'style-colours'] as const;
export type NoiseKind = (typeof noiseKinds)[number];

/** Starts that are made of the pictures: `matched` is the content picture with the style's colours. */
export const pictureStarts = ['content', 'matched', 'style'] as const;
export type PictureStart = (typeof pictureStarts)[number];

export const startNames = [...pictureStarts, ...noiseKinds] as const;
export type StartName = (typeof startNames)[number];

/** Starts that look at the style picture, and at the content picture. */
export const startsFromStyle: readonly string[] = ['matched', 'style', 'style-colours'];
export const startsFromContent: readonly string[] = ['content', 'matched'];

/** Of a reconstruction, which has no style picture; the usual one first. */
export const reconstructStarts = noiseFirst(startsFromStyle);

/** Of a texture, which has no content picture; the usual one first. */
export const textureStarts = noiseFirst(startsFromContent);

function noiseFirst(without: readonly string[]): readonly StartName[] {
  const first = 'lecture-noise';
  return [first, ...startNames.filter((name) => name !== first && !without.includes(name))];
}

/** Whether a start is a picture of the user's, which is gone on from at its size. */
export function isFile(start: string | undefined): boolean {
  return start !== undefined && !startNames.some((name) => name === start);
}

export function isNoise(start: string): start is NoiseKind {
  return noiseKinds.some((kind) => kind === start);
}
