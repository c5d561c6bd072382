// Copies the picture aside when its loss is the lowest so far: best = input where state[1] is 1.
//
// So a run that ends early, or whose loss leaves the finite numbers, still has its best picture; nothing is read back.
// One invocation walks the vector with the stride of the whole grid.

struct Params {
  count: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;       // [count]
@group(0) @binding(1) var<storage, read> state: array<f32>;       // [2], as loss_sum leaves it
@group(0) @binding(2) var<storage, read_write> best: array<f32>;  // [count]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  if (state[1] != 1.0) {
    return;
  }
  for (var i = id.x; i < params.count; i += groups.x * 64u) {
    best[i] = input[i];
  }
}
