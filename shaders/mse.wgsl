// mse, value and gradient in one pass: partial[p] = Σ_{i ≡ p} (input − reference)²; gradient = old + scale · (input − reference)
//
// For a loss w · mean((input − reference)²) over n values, scale = 2 w / n (times whatever the chain rule adds), and the
// value is w / n times the sum of the partials. old = gradient where `accumulate` is 1, else 0.
// One invocation p walks the vector with the stride of the whole grid, four values at a time; there are `partials` of them.

// header
alias Input = f32;  // how input and reference are stored: f32, or f16 where the loader says so
alias Reference = f32;
// end header

struct Params {
  count: u32,       // values / 4
  scale: f32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4<Input>>;           // [count]
@group(0) @binding(1) var<storage, read> reference: array<vec4<Reference>>;       // [count]
@group(0) @binding(2) var<storage, read_write> gradient: array<vec4f>;  // [count]
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;     // [invocations]
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var sum = vec4f(0.0);
  for (var i = id.x; i < params.count; i += groups.x * 64u) {
    let difference = vec4f(input[i]) - vec4f(reference[i]);
    sum = fma(difference, difference, sum);
    var result = params.scale * difference;
    if (params.accumulate == 1u) {
      result += gradient[i];
    }
    gradient[i] = result;
  }
  partial[id.x] = (sum.x + sum.y) + (sum.z + sum.w);
}
