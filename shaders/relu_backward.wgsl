// relu, backward, in place: gradient = gradient where output > 0, else 0.
//
// The saved output is enough: it is positive exactly where the input was. At 0 the gradient is 0, as in PyTorch.
// One invocation walks the vector with the stride of the whole grid, four values at a time.

// header
alias Output = f32;  // how output is stored: f32, or f16 where the loader says so
// end header

struct Params {
  count: u32,  // values / 4
}

@group(0) @binding(0) var<storage, read> output: array<vec4<Output>>;          // [count], the ReLU's output
@group(0) @binding(1) var<storage, read_write> gradient: array<vec4f>;  // [count], of the output; becomes the input's
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * 64u) {
    gradient[i] = select(vec4f(0.0), gradient[i], vec4f(output[i]) > vec4f(0.0));
  }
}
