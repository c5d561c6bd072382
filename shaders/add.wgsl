// add: total[i] = old + values[i]
//
// old = total where `accumulate` is 1, else 0. One invocation walks the vector with the stride of the whole grid.

struct Params {
  count: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;       // [count]
@group(0) @binding(1) var<storage, read_write> total: array<f32>;  // [count]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * 64u) {
    total[i] = select(0.0, total[i], params.accumulate == 1u) + values[i];
  }
}
