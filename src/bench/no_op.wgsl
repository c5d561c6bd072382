// no_op: one workgroup that stores one value, row zero of the benchmark: what any dispatch costs at least

struct Params {
  value: f32,
}

@group(0) @binding(0) var<storage, read_write> output: array<f32>;  // [1]
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  output[0] = params.value;
}
