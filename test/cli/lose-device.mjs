// Loaded before the program: destroys each of the first devices, as many as LOSSES says, at its SUBMITS-th submit; or, with TROUBLE=memory,
// refuses it memory there.
import { globals } from 'webgpu';

let losses = Number(process.env['LOSSES']);
const { requestDevice } = globals.GPUAdapter.prototype;
globals.GPUAdapter.prototype.requestDevice = async function (descriptor) {
  const device = await requestDevice.call(this, descriptor);
  if (losses-- <= 0) return device;
  const { queue } = device;
  const submit = queue.submit.bind(queue);
  let submits = 0;
  queue.submit = (commands) => {
    submit(commands);
    if (++submits !== Number(process.env['SUBMITS'])) return;
    if (process.env['TROUBLE'] !== 'memory') device.destroy();
    else {
      const error = new globals.GPUOutOfMemoryError('refused 1 byte');
      device.dispatchEvent(new globals.GPUUncapturedErrorEvent('uncapturederror', { error }));
    }
  };
  return device;
};
