// normalise, backward: gradInput[y,x,c] = gradOutput[y,x,c] · scale_c; the padding channel is dropped.
//
// `firstPixel` pixels of the map and `first` floats of the picture come before: a band's neighbours, and what a binding begins with.
// Layout: NHWC, three channels densely packed against four. One invocation walks the pixels with the stride of the whole grid.

struct Params {
  pixels: u32,
  scale0: f32,
  scale1: f32,
  scale2: f32,
  firstPixel: u32,
  first: u32,
}

@group(0) @binding(0) var<storage, read> gradOutput: array<vec4f>;     // [firstPixel + pixels]
@group(0) @binding(1) var<storage, read_write> gradInput: array<f32>;  // [first + pixels · 3]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let scale = vec3f(params.scale0, params.scale1, params.scale2);
  for (var i = id.x; i < params.pixels; i += groups.x * 64u) {
    let gradient = gradOutput[params.firstPixel + i].xyz * scale;
    let at = params.first + 3u * i;
    gradInput[at] = gradient.x;
    gradInput[at + 1u] = gradient.y;
    gradInput[at + 2u] = gradient.z;
  }
}
