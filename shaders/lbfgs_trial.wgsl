// lbfgs_trial: a point of the line search, x = x₀ + t d.
//
// One invocation walks the vectors with the stride of the whole grid.

struct Params {
  size: u32,
  stepLength: f32,
}

@group(0) @binding(0) var<storage, read> origin: array<f32>;          // [size], x₀
@group(0) @binding(1) var<storage, read> candidate: array<f32>;       // [size], d
@group(0) @binding(2) var<storage, read_write> variable: array<f32>;  // [size], x
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.size; i += groups.x * 64u) {
    variable[i] = origin[i] + params.stepLength * candidate[i];
  }
}
