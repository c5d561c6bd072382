// pool2d, backward, 2x2 windows behind a ReLU, from the routes that the forward pass noted:
//   gradInput[cell p of window (y,x), c] = [bit 4 + p of routes[y,x,c]] · old + [bit p] · share · gradOutput[y,x,c]
//
// old = gradInput where `accumulate` is 1 (a loss has written its gradient there), else 0; share = 1 for the maximum, 1/4 for
// the mean. The routes hold the pool's choice and the ReLU's mask, so neither map is read again.
// Layout: NHWC, channels a multiple of 4. One invocation writes a whole window of four channels; the grid counts windows,
// incomplete ones at the far edges included, x (channels / 4), walked with the stride of the whole grid.
// Measured on lavapipe: docs/decisions/0023-routed-pools.md.

struct Params {
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  share: f32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> routes: array<u32>;             // [⌈inHeight / 2⌉, ⌈inWidth / 2⌉, channels / 4], a byte a channel
@group(0) @binding(1) var<storage, read> gradOutput: array<vec4f>;       // [⌊inHeight / 2⌋, ⌊inWidth / 2⌋, channels / 4]
@group(0) @binding(2) var<storage, read_write> gradInput: array<vec4f>;  // [inHeight, inWidth, channels / 4]
@group(0) @binding(3) var<uniform> params: Params;

// twin pool windows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let blocks = params.channels / 4u;
  let inSize = vec2u(params.inWidth, params.inHeight);
  let outSize = inSize / 2u;
  let windows = (inSize + 1u) / 2u;
  for (var i = id.x; i < windows.x * windows.y * blocks; i += groups.x * 64u) {
    let block = i % blocks;
    let window = vec2u((i / blocks) % windows.x, (i / blocks) / windows.x);
// end twin pool windows
    // A window without output has no shares, so any gradient may stand for its own.
    let source = select(0u, (window.y * outSize.x + window.x) * blocks + block, all(window < outSize));
    let gradient = params.share * gradOutput[source];
    let bytes = vec4u(routes[i]) >> vec4u(0u, 8u, 16u, 24u);
    for (var cell = 0u; cell < 4u; cell++) {
      let at = 2u * window + vec2u(cell % 2u, cell / 2u);
      if (all(at < inSize)) {
        let index = (at.y * inSize.x + at.x) * blocks + block;
        var sum = select(vec4f(0.0), gradient, (bytes & vec4u(1u << cell)) > vec4u(0u));
        if (params.accumulate == 1u) {
          sum += select(vec4f(0.0), gradInput[index], (bytes & vec4u(16u << cell)) > vec4u(0u));
        }
        gradInput[index] = sum;
      }
    }
  }
}
