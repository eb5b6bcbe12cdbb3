// From a picture's bytes to a network's input, the way kioskd does it (inference/src/blob.rs), so that both sides' networks
// see the same: parts that are more than twice too large are averaged over whole blocks, then sampled bilinearly.
//
// Coordinates are continuous (pixel i covers i..i+1). A map is [[a, b, c], [d, e, f]], patch to picture.
"use strict";

/** The map from a patch of `side` pixels onto a turned square of the picture. */
function fromPatch({ centre, side: length, angle }, side) {
  const scale = length / side, half = length / 2;
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const [a, d] = [scale * cos, scale * sin];
  return [[a, -d, centre[0] - half * cos + half * sin], [d, a, centre[1] - half * sin - half * cos]];
}

const apply = (map, x, y) => map.map(([a, b, c]) => a * x + b * y + c);

const scaleOf = ([[a, b], [d, e]]) => Math.sqrt(Math.abs(a * e - b * d));

/** The picture's part under the patch, averaged over blocks of `factor` pixels, and the map onto it; null where none is left. */
function shrunk(picture, map, side, factor) {
  const corners = [[0, 0], [side, 0], [0, side], [side, side]].map(([x, y]) => apply(map, x, y));
  const span = (k, end) => {
    const at = corners.map((corner) => corner[k]);
    const low = Math.min(Math.trunc(Math.max(Math.min(...at) - 2 * factor, 0)), end);
    const high = Math.trunc(Math.min(Math.max(Math.max(...at) + 2 * factor, 0), end));
    return [low, Math.trunc((high - low) / factor)];
  };
  const [left, width] = span(0, picture.width), [top, height] = span(1, picture.height);
  if (width < 1 || height < 1) return null;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      let red = 0, green = 0, blue = 0;
      for (let v = 0; v < factor; v++) {
        let from = ((top + y * factor + v) * picture.width + left + x * factor) * 3;
        for (let u = 0; u < factor; u++, from += 3) {
          red += picture.data[from];
          green += picture.data[from + 1];
          blue += picture.data[from + 2];
        }
      }
      const share = 1 / (factor * factor);
      data[to] = red * share + 0.5;
      data[to + 1] = green * share + 0.5;
      data[to + 2] = blue * share + 0.5;
    }
  }
  const row = ([a, b, c], origin) => [a / factor, b / factor, (c - origin) / factor];
  return { picture: { width, height, data }, map: [row(map[0], left), row(map[1], top)] };
}

/** Fills `out` (side x side x 3 floats) with byte * factor + add; beyond the picture is its edge, or black. */
function crop(picture, map, side, beyond, [factor, add], out) {
  const blocks = Math.floor(scaleOf(map));
  const small = blocks >= 2 ? shrunk(picture, map, side, blocks) : null;
  const { width, height, data } = small ? small.picture : picture;
  const [[a, b, c], [d, e, f]] = small ? small.map : map;
  const black = beyond === "black";
  for (let j = 0, to = 0; j < side; j++) {
    for (let i = 0; i < side; i++, to += 3) {
      const x = a * (i + 0.5) + b * (j + 0.5) + c - 0.5, y = d * (i + 0.5) + e * (j + 0.5) + f - 0.5;
      const x0 = Math.floor(x), y0 = Math.floor(y);
      const u = x - x0, v = y - y0;
      const in0 = x0 >= 0 && x0 < width, in1 = x0 + 1 >= 0 && x0 + 1 < width;
      const on0 = y0 >= 0 && y0 < height, on1 = y0 + 1 >= 0 && y0 + 1 < height;
      const l = in0 ? x0 : x0 < 0 ? 0 : width - 1, r = in1 ? x0 + 1 : x0 + 1 < 0 ? 0 : width - 1;
      const t = (on0 ? y0 : y0 < 0 ? 0 : height - 1) * width, o = (on1 ? y0 + 1 : y0 + 1 < 0 ? 0 : height - 1) * width;
      const w00 = black && !(in0 && on0) ? 0 : (1 - u) * (1 - v), w10 = black && !(in1 && on0) ? 0 : u * (1 - v);
      const w01 = black && !(in0 && on1) ? 0 : (1 - u) * v, w11 = black && !(in1 && on1) ? 0 : u * v;
      const tl = (t + l) * 3, tr = (t + r) * 3, ol = (o + l) * 3, or = (o + r) * 3;
      for (let k = 0; k < 3; k++) {
        const value = w00 * data[tl + k] + w10 * data[tr + k] + w01 * data[ol + k] + w11 * data[or + k];
        out[to + k] = Math.floor(value + 0.5) * factor + add;
      }
    }
  }
}

module.exports = { apply, crop, fromPatch, scaleOf };
