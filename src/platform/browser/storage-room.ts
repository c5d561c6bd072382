/** What the browser lets a page keep. */

/** Bytes that this origin may keep in all; undefined where the browser does not say. */
export async function storageRoomBytes(): Promise<number | undefined> {
  try {
    return (await navigator.storage.estimate()).quota;
  } catch {
    return undefined;
  }
}
