// normalise, forward: output[y,x,c] = input[y,x,c] · scale_c + offset_c for c < 3, and 0 for the padding channel.
//
// Turns the optimised picture, three channels densely packed, into the network's input, four channels.
// With scale = 1 / std and offset = −mean / std the picture is RGB in 0..1; with 1 and 0 it is normalised already.
// `first` floats come before the first pixel, where a band of the picture begins between the places where a binding may.
// Layout: NHWC. One invocation walks the pixels with the stride of the whole grid.

struct Params {
  pixels: u32,
  scale0: f32,
  scale1: f32,
  scale2: f32,
  offset0: f32,
  offset1: f32,
  offset2: f32,
  first: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;           // [first + pixels · 3]
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;  // [pixels]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let scale = vec3f(params.scale0, params.scale1, params.scale2);
  let offset = vec3f(params.offset0, params.offset1, params.offset2);
  for (var i = id.x; i < params.pixels; i += groups.x * 64u) {
    let at = params.first + 3u * i;
    output[i] = vec4f(fma(vec3f(input[at], input[at + 1u], input[at + 2u]), scale, offset), 0.0);
  }
}
