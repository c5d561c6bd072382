// w2_gradient: value and gradient of the W2 loss from a map and its deviations as they were transported, Fc = F − μ
//   Σ_p partial[p] = Σ_c (μ − μ*)² + tr Σ* + Σ_tc (Fc² − 2 · Fc · transported) / positions
//   gradient[t, c] = old + scale · (Fc − transported + μ − μ*)
//
// old = gradient where `accumulate` is 1, else 0. One invocation walks the map with the stride of the whole grid; there are as many as
// `partial` has values.

// header
alias Feature = f32;  // how feature is stored: f32, or f16 where the loader says so
// end header

struct Params {
  positions: u32,
  channels: u32,
  columns: u32,
  scale: f32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> feature: array<Feature>;      // [positions, channels]
@group(0) @binding(1) var<storage, read> means: array<f32>;            // [channels]
@group(0) @binding(2) var<storage, read> transported: array<f32>;      // [channels, columns]
@group(0) @binding(3) var<storage, read> targetMeans: array<f32>;      // [channels]
@group(0) @binding(4) var<storage, read> measures: array<f32>;         // [2]: trace and squared norm of the target
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;   // [positions, channels]
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;    // [invocations]
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channels = params.channels;
  var shifts = 0.0;
  var spread = 0.0;
  for (var i = id.x; i < params.positions * channels; i += groups.x * 64u) {
    let t = i / channels;
    let c = i % channels;
    let deviation = f32(feature[i]) - means[c];
    let moved = transported[c * params.columns + t];
    let shift = means[c] - targetMeans[c];
    spread += deviation * (deviation - 2.0 * moved);
    shifts += select(0.0, shift * shift, t == 0u);
    var result = params.scale * ((deviation - moved) + shift);
    if (params.accumulate == 1u) {
      result += gradient[i];
    }
    gradient[i] = result;
  }
  partial[id.x] = select(0.0, measures[0], id.x == 0u) + shifts + spread / f32(params.positions);
}
