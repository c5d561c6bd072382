// maxpool2d, backward: the gradient of each window goes to its first maximum in scan order (row, then column), as PyTorch:
//   gradInput[y,x,c] = mask · (old + [input[y,x,c] is its window's first maximum] · gradOutput[window, c])
//
// old = gradInput where `accumulate` is 1 (a loss has written its gradient there), else 0;
// mask = input > 0 where `mask` is 1 (`input` is the output of a ReLU), else 1.
// Layout and windows as forward. One invocation writes a whole window of four channels; the grid counts windows,
// incomplete ones at the far edges included (nothing is routed there), x (channels / 4), with the stride of the whole grid.

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
  let windows = (vec2u(params.inWidth, params.inHeight) + k - 1u) / k;
  for (var i = id.x; i < windows.x * windows.y * blocks; i += groups.x * 64u) {
    let block = i % blocks;
    let window = vec2u((i / blocks) % windows.x, (i / blocks) / windows.x);
    let origin = window * k;
    let isWhole = all(window < outSize);

    var first = vec4u(0u);  // position of the maximum within the window, per channel
    var gradient = vec4f(0.0);
    if (isWhole) {
      gradient = gradOutput[(window.y * outSize.x + window.x) * blocks + block];
      var best = input[(origin.y * params.inWidth + origin.x) * blocks + block];
      for (var position = 1u; position < k * k; position++) {
        let at = origin + vec2u(position % k, position / k);
        let value = input[(at.y * params.inWidth + at.x) * blocks + block];
        first = select(first, vec4u(position), value > best);
        best = max(best, value);
      }
      if (params.mask == 1u) {
        gradient = select(vec4f(0.0), gradient, best > vec4f(0.0));
      }
    }
    for (var position = 0u; position < k * k; position++) {
      let at = origin + vec2u(position % k, position / k);
      if (at.x < params.inWidth && at.y < params.inHeight) {
        let index = (at.y * params.inWidth + at.x) * blocks + block;
        var sum = select(vec4f(0.0), gradient, first == vec4u(position));
        if (params.accumulate == 1u) {
          let old = gradInput[index];
          sum += select(old, vec4f(0.0), vec4<bool>(params.mask == 1u) & (input[index] <= vec4f(0.0)));
        }
        gradInput[index] = sum;
      }
    }
  }
}
