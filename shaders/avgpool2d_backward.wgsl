// avgpool2d, backward: gradInput[y,x,c] = mask · (old + gradOutput[window, c] / kernel²); 0 outside whole windows.
//
// old = gradInput where `accumulate` is 1 (a loss has written its gradient there), else 0;
// mask = input > 0 where `mask` is 1 (`input` is the output of a ReLU), else 1.
// Layout: NHWC, channels a multiple of 4. One invocation makes four channels of one input pixel; the grid counts input
// pixels x (channels / 4), walked with the stride of the whole grid.

struct Params {
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  kernelSize: u32,
  accumulate: u32,
  mask: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4f>;            // [inHeight, inWidth, channels / 4]
@group(0) @binding(1) var<storage, read> gradOutput: array<vec4f>;       // [inHeight / k, inWidth / k, channels / 4]
@group(0) @binding(2) var<storage, read_write> gradInput: array<vec4f>;  // [inHeight, inWidth, channels / 4]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let blocks = params.channels / 4u;
  let k = params.kernelSize;
  let outSize = vec2u(params.inWidth / k, params.inHeight / k);
  for (var i = id.x; i < params.inHeight * params.inWidth * blocks; i += groups.x * 64u) {
    let pixel = i / blocks;
    let window = vec2u(pixel % params.inWidth, pixel / params.inWidth) / k;
    var sum = vec4f(0.0);
    if (all(window < outSize)) {
      sum = gradOutput[(window.y * outSize.x + window.x) * blocks + i % blocks] / f32(k * k);
    }
    if (params.accumulate == 1u) {
      sum += gradInput[i];
    }
    if (params.mask == 1u) {
      sum = select(vec4f(0.0), sum, input[i] > vec4f(0.0));
    }
    gradInput[i] = sum;
  }
}
