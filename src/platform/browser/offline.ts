/** The browser keeping the page, so that it opens without a network. */

/** Has the files of the page kept by its service worker. Where there are no service workers, or none are allowed, nothing is kept and nothing said. */
export async function keepPage(): Promise<void> {
  try {
    // Absent without a secure context, whatever the types say.
    const container: ServiceWorkerContainer | undefined = navigator.serviceWorker;
    await container?.register('./service-worker.js');
  } catch {
    // Private windows and blocked storage; the page works without.
  }
}
