// vector_copy: output = input, whatever the words stand for: as floats, some adapters would turn tiny ones into 0.
//
// One invocation walks the vectors with the stride of the whole grid.

struct Params {
  size: u32,
}

@group(0) @binding(0) var<storage, read> input: array<u32>;         // [size]
@group(0) @binding(1) var<storage, read_write> output: array<u32>;  // [size]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.size; i += groups.x * 64u) {
    output[i] = input[i];
  }
}
