// gram, backward, direct: gradFeature[t,c] = old + Σ_d feature[t,d] · gradGram[d,c]
//
// `gradGram` is symmetric and carries every factor of the chain rule: for G = scale · FᵀF and a loss with dL/dG = D (symmetric),
// dL/dF = 2 · scale · F D, so gradGram = 2 · scale · D. old = gradFeature where `accumulate` is 1, else 0.
// Layout: the map in NHWC is the row-major [positions, channels] matrix F. One invocation makes four channels of one
// position; the grid counts positions x (channels / 4), folded into y.

// header
alias Feature = f32;  // how feature is stored: f32, or f16 where the loader says so
// end header

struct Params {
  positions: u32,
  channels: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> feature: array<vec4<Feature>>;            // [positions, channels / 4]
@group(0) @binding(1) var<storage, read> gradGram: array<vec4f>;           // [channels, channels / 4]
@group(0) @binding(2) var<storage, read_write> gradFeature: array<vec4f>;  // [positions, channels / 4]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  let blocks = params.channels / 4u;
  if (index >= params.positions * blocks) {
    return;
  }
  let block = index % blocks;
  let row = (index / blocks) * blocks;
  var sum = vec4f(0.0);
  if (params.accumulate == 1u) {
    sum = gradFeature[index];
  }
  for (var d = 0u; d < blocks; d++) {
    let value = vec4f(feature[row + d]);
    let s = d * 4u * blocks + block;
    sum = fma(vec4f(value.x), gradGram[s], sum);
    sum = fma(vec4f(value.y), gradGram[s + blocks], sum);
    sum = fma(vec4f(value.z), gradGram[s + 2u * blocks], sum);
    sum = fma(vec4f(value.w), gradGram[s + 3u * blocks], sum);
  }
  gradFeature[index] = sum;
}
