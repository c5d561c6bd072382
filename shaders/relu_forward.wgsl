// relu, forward: output = max(input, 0), elementwise.
//
// A NaN stays one, as in PyTorch, so that the loss shows it; `max` would make it 0.
// One invocation walks the vector with the stride of the whole grid, four values at a time.

// header
alias Input = f32;  // how input and output are stored: f32, or f16 where the loader says so
alias Output = f32;
// end header

struct Params {
  count: u32,  // values / 4
}

@group(0) @binding(0) var<storage, read> input: array<vec4<Input>>;         // [count]
@group(0) @binding(1) var<storage, read_write> output: array<vec4<Output>>;  // [count]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * 64u) {
    let value = vec4f(input[i]);
    output[i] = vec4<Output>(select(value, vec4f(0.0), value < vec4f(0.0)));
  }
}
