// preview: draws the picture that the optimiser moves, straight from its buffer, one pixel of the canvas a pixel of it
//   colour = clamp(scale * picture[y, x] + offset, 0, 1), per channel, sRGB values as they stand

struct Params {
  scale: vec3f,
  width: u32,
  offset: vec3f,
}

@group(0) @binding(0) var<storage, read> picture: array<f32>;  // [H, W, 3]
@group(0) @binding(1) var<uniform> params: Params;

// One triangle that covers the canvas.
@vertex
fn cover(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  let corner = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
  return vec4f(2.0 * corner - 1.0, 0.0, 1.0);
}

@fragment
fn paint(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let place = vec2u(position.xy);
  let base = 3u * (place.y * params.width + place.x);
  let value = vec3f(picture[base], picture[base + 1u], picture[base + 2u]);
  return vec4f(clamp(params.scale * value + params.offset, vec3f(0.0), vec3f(1.0)), 1.0);
}
