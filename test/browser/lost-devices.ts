/** Losing the page's graphics device: the page keeps it to itself, so its worker is handed over with every device it opens on a list. */

import type { Page } from 'playwright-core';

/** Prepended to the worker's script. */
const remember = `
globalThis.devices = [];
const requestDevice = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...given) {
  const device = await requestDevice.apply(this, given);
  devices.push(device);
  return device;
};`;

/** Lets `loseDevice` reach the devices of workers that the page starts from here on. */
export async function rememberDevices(page: Page): Promise<void> {
  await page.route(/\/worker-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${remember}\n${await response.text()}` });
  });
}

/** Destroys the last device that was opened, where there is one. */
export async function loseDevice(page: Page): Promise<void> {
  await page.workers()[0]?.evaluate('devices.at(-1)?.destroy()');
}

/** How many devices were opened. */
export async function devicesOpened(page: Page): Promise<unknown> {
  return await page.workers()[0]?.evaluate('devices.length');
}
