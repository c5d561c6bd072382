/**
 * Prints, as one line of JSON, what WebGPU adapter Node can get: `{ status: 'found', info }`, `{ status: 'none' }`, or
 * `{ status: 'broken', message }` when the webgpu module itself does not load. A process of its own, because a bad driver
 * can take the process down with it and because Dawn writes warnings to stderr.
 */

/** Kept to the end: Dawn crashes when this object is collected while an adapter is in use. */
let gpu;

const answer = await probe();
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));

async function probe() {
  let webgpu;
  try {
    webgpu = await import('webgpu');
  } catch (error) {
    return { status: 'broken', message: String(error?.message ?? error) };
  }
  gpu = webgpu.create([]);
  const adapter = await gpu.requestAdapter();
  // The null backend compiles but computes nothing.
  if (!adapter || adapter.info.device === 'null-backend') return { status: 'none' };
  const { vendor, architecture, device, description } = adapter.info;
  return { status: 'found', info: { vendor, architecture, device, description } };
}
