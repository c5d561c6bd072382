// lbfgs_accept: the end of a line search: x = x₀ + t d, and the direction becomes the step s = t d of the candidate pair.
//
// One invocation walks the vectors with the stride of the whole grid.

struct Params {
  size: u32,
  stepLength: f32,
}

@group(0) @binding(0) var<storage, read> origin: array<f32>;           // [size], x₀
@group(0) @binding(1) var<storage, read_write> candidate: array<f32>;  // [size], d; becomes s
@group(0) @binding(2) var<storage, read_write> variable: array<f32>;   // [size], x
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.size; i += groups.x * 64u) {
    let s = params.stepLength * candidate[i];
    candidate[i] = s;
    variable[i] = origin[i] + s;
  }
}
