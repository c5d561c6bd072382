// rectangle, crop: output[y, x, c] = input[top + y, left + x, c], the positions of a rectangle of a map one after the other
//
// Layout: NHWC. One invocation walks the rectangle with the stride of the whole grid, four channels at a time.

// header
alias Input = f32;  // how input and output are stored: f32, or f16 where the loader says so
alias Output = f32;
// end header

struct Params {
  count: u32,    // positions of the rectangle · vectors
  vectors: u32,  // channels / 4
  pitch: u32,    // positions of the map in a row
  left: u32,
  top: u32,
  width: u32,    // of the rectangle
}

@group(0) @binding(0) var<storage, read> input: array<vec4<Input>>;           // [rows, pitch, vectors]
@group(0) @binding(1) var<storage, read_write> output: array<vec4<Output>>;  // [height, width, vectors]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * 64u) {
    let position = i / params.vectors;
    let x = params.left + position % params.width;
    let y = params.top + position / params.width;
    output[i] = vec4<Output>(input[(y * params.pitch + x) * params.vectors + i % params.vectors]);
  }
}
