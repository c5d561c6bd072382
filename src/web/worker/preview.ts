/** The canvas: drawn by a render pass straight from the device's buffer, at most once a displayed frame, without readback. */

import { type BufferSlice, bufferUsage } from '../../core/buffers.ts';
import type { Gpu } from '../../core/gpu.ts';
import { bindingOf } from '../../core/program.ts';
import type { RgbImage } from '../../images/rgb-image.ts';
import { imageNetMean, imageNetStd } from '../../objective/image-net.ts';
import { canvasFormat } from '../../platform/browser/gpu.ts';
import type { ObjectiveOptions } from '../../settings/settings.ts';
import type { PictureSize } from '../../settings/sizes.ts';
import code from './preview.wgsl?raw';

/** A picture on the device and how its values are to be read. */
export interface PreviewSource extends PictureSize {
  /** [H, W, 3]. */
  readonly values: BufferSlice;
  readonly variable: ObjectiveOptions['variable'];
}

/** `GPUTextureUsage.RENDER_ATTACHMENT`. */
const renderAttachment = 0x10;

/** What is asked of an `OffscreenCanvas` and its context. */
type Canvas = Pick<OffscreenCanvas, 'width' | 'height'>;
type CanvasContext = Pick<GPUCanvasContext, 'configure' | 'getCurrentTexture'>;

export class Preview implements Disposable {
  readonly #canvas: Canvas;
  readonly #context: CanvasContext;
  readonly #gpu: Gpu;
  readonly #pipeline: GPURenderPipeline;
  readonly #uniform: BufferSlice;
  /** Holds a picture that no run owns. */
  #own: BufferSlice | undefined;
  #source: PreviewSource | undefined;
  #bindGroup: GPUBindGroup | undefined;
  #isAsked = false;
  #onDrawn: (() => void) | undefined;

  /** Takes the canvas for this device; after a lost device a new preview takes the same canvas. */
  constructor(canvas: Canvas, context: CanvasContext, gpu: Gpu) {
    this.#canvas = canvas;
    this.#context = context;
    this.#gpu = gpu;
    const format = canvasFormat();
    context.configure({ device: gpu.device, format, alphaMode: 'opaque', usage: renderAttachment });
    const module = gpu.device.createShaderModule({ label: 'preview', code });
    this.#pipeline = gpu.device.createRenderPipeline({
      label: 'preview',
      layout: 'auto',
      vertex: { module, entryPoint: 'cover' },
      fragment: { module, entryPoint: 'paint', targets: [{ format }] },
    });
    this.#uniform = gpu.buffers.allocate('preview parameters', 32, bufferUsage.uniform | bufferUsage.copyDestination);
  }

  /** Draws from a source until the next one; undefined keeps what is on the canvas. `onDrawn` is called after its first frame. */
  watch(source: PreviewSource | undefined, onDrawn?: () => void): void {
    this.#source = source;
    this.#onDrawn = onDrawn;
    this.#bindGroup = undefined;
    if (source === undefined) return;
    this.#releaseOwn(source.values);
    const isNormalised = source.variable === 'normalised';
    const scale = isNormalised ? imageNetStd : [1, 1, 1];
    const offset = isNormalised ? imageNetMean : [0, 0, 0];
    const params = new Float32Array([...scale, 0, ...offset, 0]);
    new Uint32Array(params.buffer)[3] = source.width;
    const { device } = this.#gpu;
    device.queue.writeBuffer(this.#uniform.buffer, this.#uniform.offsetBytes, params);
    this.#bindGroup = device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [source.values, this.#uniform].map((slice, binding) => ({ binding, resource: bindingOf(slice) })),
    });
    this.request();
  }

  /** Shows a picture from the host; `onDrawn` is called when it is on the canvas. */
  show(picture: RgbImage, onDrawn?: () => void): void {
    const values = this.#gpu.buffers.upload('shown picture', Float32Array.from(picture.pixels));
    const { width, height } = picture;
    this.watch({ values, width, height, variable: 'pixels' }, onDrawn);
    this.#own = values;
  }

  /** Asks for a frame; many asks before the next frame are one. */
  request(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#draw();
    });
  }

  [Symbol.dispose](): void {
    this.#source = undefined;
    this.#releaseOwn(undefined);
    this.#gpu.buffers.release(this.#uniform);
  }

  #draw(): void {
    if (this.#source === undefined || this.#bindGroup === undefined) return;
    const { width, height } = this.#source;
    // Another size empties the canvas, so it waits for what is drawn in the same frame.
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder();
    const view = this.#context.getCurrentTexture().createView();
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] });
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#bindGroup);
    pass.draw(3);
    pass.end();
    device.queue.submit([encoder.finish()]);
    this.#onDrawn?.();
    this.#onDrawn = undefined;
  }

  #releaseOwn(next: BufferSlice | undefined): void {
    if (this.#own === undefined || this.#own === next) return;
    this.#gpu.buffers.release(this.#own);
    this.#own = undefined;
  }
}
