/** What is said to browsers without WebGPU: always a name and something to do. */

import { describe, expect, it } from 'vitest';
import { webGpuAdvice } from '../../src/platform/browser/support.ts';

const agents = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  chromeLinux: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
  safari:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15',
  unknown: 'Lynx/2.9',
};

describe('webGpuAdvice', () => {
  it.each([
    [agents.firefox, /Firefox: .*dom\.webgpu\.enabled/],
    [agents.chromeLinux, /chrome:\/\/flags.*#enable-unsafe-webgpu.*#enable-vulkan/],
    [agents.edge, /Edge: .*edge:\/\/settings\/system/],
    [agents.safari, /Safari: update to 26/],
    [agents.unknown, /Chrome or Edge 113/],
  ])('%s', (userAgent, remedy) => {
    const { problem, remedies } = webGpuAdvice({ userAgent, isSecureContext: true, hasWebGpu: false });
    expect(problem).toMatch(/does not offer WebGPU/);
    expect(remedies.join(' ')).toMatch(remedy);
  });

  it('asks for a secure connection first', () => {
    const advice = webGpuAdvice({ userAgent: agents.chromeLinux, isSecureContext: false, hasWebGpu: false });
    expect(advice.remedies).toEqual([expect.stringMatching(/https:\/\//)]);
  });

  it('tells a missing adapter from a missing WebGPU', () => {
    const advice = webGpuAdvice({ userAgent: agents.edge, isSecureContext: true, hasWebGpu: true });
    expect(advice.problem).toMatch(/no graphics adapter/);
    expect(advice.remedies.join(' ')).toMatch(/driver/);
  });
});
