/** Where the weight files that come with Impasto lie. */

import { fileURLToPath } from 'node:url';

const weightFolder = new URL('../../../weights/', import.meta.url);

/** The path of a file in `weights/`, whether or not it is there. */
export function weightFilePath(fileName: string): string {
  return fileURLToPath(new URL(fileName, weightFolder));
}
