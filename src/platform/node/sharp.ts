/**
 * The door to sharp (libvips), which reads, turns and writes what our own PNG code cannot. It is loaded when it is asked for, so that all else
 * works where its native part cannot be had.
 */

import type sharp from 'sharp';
import { firstLineOf, InputError } from '../../core/errors.ts';

export type { Metadata, Sharp } from 'sharp';

/**
 * @param need what cannot be done without it, for example `cat.jpg: reading JPEG`.
 * @param remedy what to do instead, for example `convert it to PNG`.
 * @throws InputError where it is not installed or does not fit this platform.
 */
export async function loadSharp(need: string, remedy: string): Promise<typeof sharp> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    const reason = firstLineOf(error);
    throw new InputError(
      `${need} needs the package sharp, which cannot be loaded here (${reason}); ${remedy}, or install sharp`,
      { cause: error },
    );
  }
}
