// w2_centre: output[c][t] = feature[t][c] − means[c], transposed, and 0 at t from `positions` on
//
// Columns are padded to what the matrix product takes. One invocation walks the output with the stride of the whole grid.

// header
alias Feature = f32;  // how feature is stored: f32, or f16 where the loader says so
// end header

struct Params {
  positions: u32,
  channels: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> feature: array<Feature>;   // [positions, channels]
@group(0) @binding(1) var<storage, read> means: array<f32>;         // [channels]
@group(0) @binding(2) var<storage, read_write> output: array<f32>;  // [channels, columns]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.channels * params.columns; i += groups.x * 64u) {
    let c = i / params.columns;
    let t = i % params.columns;
    let isInside = t < params.positions;
    let value = f32(feature[select(0u, t, isInside) * params.channels + c]);
    output[i] = select(0.0, value - means[c], isInside);
  }
}
