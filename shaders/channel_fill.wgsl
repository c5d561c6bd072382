// channel_fill: output[position, first + c] = value[c], the same at every position of some channels of a map: biases, before a product adds to them
//
// One invocation walks the positions' channels with the stride of the whole grid, four at a time.

// header
alias Output = f32;  // how output is stored: f32, or f16 where the loader says so
// end header

struct Params {
  count: u32,    // positions · vectors
  vectors: u32,  // channels / 4
  first: u32,    // of the channels, in a map of `channels`
  channels: u32,
}

@group(0) @binding(0) var<storage, read> value: array<vec4f>;                // [vectors]
@group(0) @binding(1) var<storage, read_write> output: array<vec4<Output>>;  // [positions, channels / 4]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * 64u) {
    let channel = i % params.vectors;
    output[(i / params.vectors * params.channels + params.first) / 4u + channel] = vec4<Output>(value[channel]);
  }
}
