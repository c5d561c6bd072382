/**
 * The service worker of the page: it keeps the files of the build that it came with, all or none, so that the page opens without a network. It
 * holds one build and answers from no other (decision 0031). Weights are not its business: they are kept by whoever loads them.
 */

/** Written in front of this script by `tools/offline-files.ts`: the build's name, and its files with what must be in them (`sha256-…`). */
declare const built: { readonly id: string; readonly files: Readonly<Record<string, string>> };

interface ExtendableEvent extends Event {
  waitUntil(until: Promise<unknown>): void;
}

interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** The globals of a service worker that are used here; the project's types are those of a page. */
declare const self: {
  /** The scope ends with a slash. */
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
};

const { scope } = self.registration;
/** An origin may hold other pages, and this one at several paths. */
const ownCaches = `impasto-page ${scope} `;
const cacheName = ownCaches + built.id;

/** A host that has not sent a page of a kilobyte by then is as good as away. */
const hostTimeoutMs = 4000;

/** Whether the name says what is in the file. */
const isHashed = (file: string): boolean => file.startsWith('assets/');

self.addEventListener('install', (event) => event.waitUntil(keepBuild()));
self.addEventListener('activate', (event) => event.waitUntil(takeOver()));
self.addEventListener('fetch', (event) => {
  const file = fileOf(event.request);
  if (file !== undefined)
    event.respondWith(isHashed(file) ? keptFirst(event.request, file) : hostFirst(event.request, file));
});

/** The build's file that is asked for; hosts show pages without `index.html` and `.html`, too. */
function fileOf({ method, url }: Request): string | undefined {
  const [address = ''] = url.split(/[?#]/);
  if (method !== 'GET' || !address.startsWith(scope)) return undefined;
  const path = address.slice(scope.length);
  return [path, `${path}.html`, `${path}index.html`].find((file) => Object.hasOwn(built.files, file));
}

/** Keeps all files. One that is not this build's, where the host has gone on to another, ends the installation. */
async function keepBuild(): Promise<void> {
  const cache = await caches.open(cacheName);
  const keep = async ([file, integrity]: readonly [string, string]): Promise<void> => {
    const url = scope + file;
    // What an older build has under the same name is the same.
    const known = isHashed(file) ? await caches.match(url) : undefined;
    const request = new Request(url, { integrity, cache: isHashed(file) ? 'default' : 'no-cache' });
    await cache.put(url, known ?? (await fetch(request)));
  };
  await Promise.all(Object.entries(built.files).map(keep));
}

/** Begins when no page of the build before is open any more: its files can go. A page that was there first is served from here on. */
async function takeOver(): Promise<void> {
  const older = (await caches.keys()).filter((name) => name.startsWith(ownCaches) && name !== cacheName);
  await Promise.all(older.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function keptFirst(request: Request, file: string): Promise<Response> {
  return (await kept(file)) ?? (await fetch(request));
}

/** What the host has now, so that a new build is seen at the next load; it is not kept here, where its own files are not. */
async function hostFirst(request: Request, file: string): Promise<Response> {
  const ours = await kept(file);
  try {
    const theirs = await fetch(request, { cache: 'no-cache', signal: AbortSignal.timeout(hostTimeoutMs) });
    if (theirs.status < 500 || ours === undefined) return theirs;
  } catch (error) {
    if (ours === undefined) throw error;
  }
  return ours;
}

async function kept(file: string): Promise<Response | undefined> {
  const response = await caches.open(cacheName).then((cache) => cache.match(scope + file));
  // Of a host that shows `bench.html` as `bench`; browsers take no redirected answer for a page.
  return response?.redirected ? new Response(response.body, response) : response;
}
