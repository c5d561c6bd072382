/** The bundled weights in a browser: fetched once with progress, kept in the Cache API, checked by whoever loads them. */

import { InputError, messageOf } from '../../core/errors.ts';
import { type ByteSource, bytesSource } from '../../weights/byte-source.ts';

export interface DownloadProgress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

const cacheName = 'impasto-weights-1';

/**
 * The file at `url` as a byte source, from the cache or the network.
 *
 * @throws InputError where it cannot be fetched.
 */
export async function fetchWeights(
  url: string,
  sizeBytes: number,
  onProgress: (progress: DownloadProgress) => void,
): Promise<ByteSource> {
  onProgress({ loadedBytes: 0, totalBytes: sizeBytes });
  const cache = await openCache();
  const cached = await cache?.match(url);
  const response = cached ?? (await request(url));
  const bytes = await readBody(response, url, sizeBytes, onProgress);
  if (cached === undefined && cache !== undefined) await keep(cache, url, bytes);
  return bytesSource(url.slice(url.lastIndexOf('/') + 1), bytes);
}

/** Whether the file at `url` is in the cache. */
export async function isKept(url: string): Promise<boolean> {
  const cache = await openCache();
  return (await cache?.match(url)) !== undefined;
}

/** Forgets the cached file, after its checksum was wrong. */
export async function forgetWeights(url: string): Promise<void> {
  const cache = await openCache();
  await cache?.delete(url);
}

/** Undefined where the browser keeps nothing (private windows, blocked storage): the page then works without. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return await caches.open(cacheName);
  } catch {
    return undefined;
  }
}

async function keep(cache: Cache, url: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    // Files of an earlier version of the page are of no more use.
    for (const old of await cache.keys()) await cache.delete(old);
    await cache.put(url, new Response(bytes));
  } catch {
    // No room: the file is fetched again next time.
  }
}

async function request(url: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new InputError('the network could not be fetched; check the connection and try again', { cause: error });
  }
  if (!response.ok) {
    throw new InputError(`the network could not be fetched, the server answered ${response.status}; try again later`);
  }
  return response;
}

async function readBody(
  response: Response,
  url: string,
  sizeBytes: number,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  if (response.body === null) throw new InputError(`${url}: the server sent nothing; reload the page`);
  const bytes = new Uint8Array(sizeBytes);
  const reader = response.body.getReader();
  let loadedBytes = 0;
  for (let part = await nextPart(reader); !part.done; part = await nextPart(reader)) {
    if (loadedBytes + part.value.length > sizeBytes) {
      throw new InputError(`the weights are larger than the ${sizeBytes} bytes expected; reload the page`);
    }
    bytes.set(part.value, loadedBytes);
    loadedBytes += part.value.length;
    onProgress({ loadedBytes, totalBytes: sizeBytes });
  }
  // What is missing is told by the checksum too, but this is the more helpful sentence.
  if (loadedBytes < sizeBytes) {
    throw new InputError(
      `the download of the weights ended after ${loadedBytes} of ${sizeBytes} bytes; check the connection and try again`,
    );
  }
  return bytes;
}

async function nextPart(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
  try {
    return await reader.read();
  } catch (error) {
    throw new InputError(`the download of the weights broke off (${messageOf(error)}); try again`);
  }
}
