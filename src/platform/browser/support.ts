/** What to tell someone whose browser gives no WebGPU: which browser or setting would help, by name. */

export interface Advice {
  readonly problem: string;
  /** What would help, best first. */
  readonly remedies: readonly string[];
}

/** What is known of the browser. */
export interface BrowserFacts {
  readonly userAgent: string;
  readonly isSecureContext: boolean;
  readonly hasWebGpu: boolean;
  /** Of the processor. */
  readonly cores: number;
}

export function browserFacts(): BrowserFacts {
  const { userAgent, hardwareConcurrency } = navigator;
  const { isSecureContext } = globalThis;
  return { userAgent, isSecureContext, hasWebGpu: 'gpu' in navigator, cores: hardwareConcurrency };
}

/** Browsers that have WebGPU without any setting. */
const browsersWithWebGpu =
  'Chrome or Edge 113 or newer (Windows, macOS, ChromeOS; Android 12 with Chrome 121), Safari 26, Firefox 141 (Windows)';

export function webGpuAdvice({ userAgent, isSecureContext, hasWebGpu }: Omit<BrowserFacts, 'cores'>): Advice {
  if (!isSecureContext) {
    return {
      problem: 'This page was not opened over a secure connection, and browsers give WebGPU to secure pages only.',
      remedies: ['Open it with https:// in front, or from localhost.'],
    };
  }
  const problem = hasWebGpu
    ? 'Your browser knows WebGPU, but found no graphics adapter that it may use.'
    : 'Your browser does not offer WebGPU, which this page paints with.';
  return { problem, remedies: [...remediesFor(userAgent, hasWebGpu), `Or open the page in ${browsersWithWebGpu}.`] };
}

function remediesFor(userAgent: string, hasWebGpu: boolean): readonly string[] {
  const isLinux = /Linux/.test(userAgent) && !/Android/.test(userAgent);
  if (/Firefox\//.test(userAgent)) {
    return [
      'Firefox: update to 141 or newer on Windows; elsewhere open about:config and set dom.webgpu.enabled to true.',
    ];
  }
  if (/Edg\/|Chrome\/|Chromium\//.test(userAgent)) {
    const settings = /Edg\//.test(userAgent) ? 'edge' : 'chrome';
    const name = /Edg\//.test(userAgent) ? 'Edge' : 'Chrome';
    return [
      `${name}: open ${settings}://settings/system and switch on “Use graphics acceleration when available”, then restart it.`,
      isLinux
        ? `${name} on Linux: open ${settings}://flags, enable “Unsafe WebGPU Support” (#enable-unsafe-webgpu) and “Vulkan” (#enable-vulkan), then restart it.`
        : `${name}: open ${settings}://flags and enable “Unsafe WebGPU Support” (#enable-unsafe-webgpu) if your graphics card is on its block list.`,
      ...(hasWebGpu ? ['Update the driver of the graphics card.'] : [`Update ${name} to 113 or newer.`]),
    ];
  }
  if (/Safari\//.test(userAgent)) {
    return [
      'Safari: update to 26 (macOS Tahoe, iOS 26); in Safari 18 switch on “WebGPU” under Settings, Feature Flags (on an iPhone: Settings, Apps, Safari, Advanced, Feature Flags).',
    ];
  }
  return [];
}

/** Where pages do not read from a canvas what they drew there. */
export const canvasNoiseAdvice =
  'This browser changes the pictures that pages read, a little and at random: your photograph and painting come to the engine with that ' +
  'noise. For exact ones allow this page to read them, then reload it. Firefox: answer “Allow” when it asks about canvas image data, or switch off ' +
  'Enhanced Tracking Protection for this site (the shield beside the address). Brave: the lion beside the address, then let “Block fingerprinting” ' +
  'be off for this site.';
