// One frame's passes, over what was uploaded once:
//
//   source (as the camera or the JPEG's decoder gave it) --pixels--> bgr (packed rows, what a preview shows)
//   bgr --shrink--> shrunk (only where a patch is less than half as fine) --sample--> tensor (planes of floats)
//
// All colour and sampling arithmetic is in whole numbers, step by step as OpenCV and libjpeg-turbo do it on the CPU, so
// that both ways give the same pixels.

struct Frame {
    width: u32,
    height: u32,
    kind: u32,
    luma_stride: u32,
    // Byte offsets of the chroma planes.
    second_at: u32,
    third_at: u32,
    chroma_stride: u32,
    chroma_width: u32,
    chroma_height: u32,
}

struct Patch {
    side: u32,
    // The part of the picture that is sampled: its origin in pixels, its size in blocks of `block` x `block` pixels.
    part_x: u32,
    part_y: u32,
    part_width: u32,
    part_height: u32,
    block: u32,
    // 1: beyond the part is its edge's colour; 0: black.
    edge: u32,
    // 1: planes in the order red, green, blue; 0: blue, green, red.
    red_first: u32,
    factor: vec4<f32>,
    add: vec4<f32>,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> bgr: array<u32>;

@group(1) @binding(0) var<uniform> patch_wish: Patch;
// Four runs of `side` numbers: the x and y that a column adds, the x and y that a row begins with, 1024ths of a pixel.
@group(1) @binding(1) var<storage, read> steps: array<i32>;
@group(1) @binding(2) var<storage, read_write> shrunk: array<u32>;
@group(1) @binding(3) var<storage, read_write> tensor: array<f32>;

const YUYV: u32 = 0u;
const NV12: u32 = 1u;
const GRAY: u32 = 2u;
const JPEG_444: u32 = 3u;
const JPEG_422: u32 = 4u;
// JPEG_420 is 5.

fn byte_at(at: u32) -> i32 {
    return i32((source[at >> 2u] >> ((at & 3u) * 8u)) & 0xffu);
}

// BT.601, video range (16 to 235): OpenCV's constants, 20 bits after the point.
fn video(luma: i32, u: i32, v: i32) -> vec3<i32> {
    let y = max(luma - 16, 0) * 1220542 + 524288;
    let blue = (y + 2116026 * (u - 128)) >> 20u;
    let green = (y - 852492 * (v - 128) - 409993 * (u - 128)) >> 20u;
    let red = (y + 1673527 * (v - 128)) >> 20u;
    return clamp(vec3<i32>(blue, green, red), vec3<i32>(0), vec3<i32>(255));
}

// BT.601, full range, as JFIF has it: libjpeg's constants, 16 bits after the point.
fn full(luma: i32, cb: i32, cr: i32) -> vec3<i32> {
    let blue = luma + ((116130 * (cb - 128) + 32768) >> 16u);
    let green = luma + ((-22554 * (cb - 128) - 46802 * (cr - 128) + 32768) >> 16u);
    let red = luma + ((91881 * (cr - 128) + 32768) >> 16u);
    return clamp(vec3<i32>(blue, green, red), vec3<i32>(0), vec3<i32>(255));
}

// libjpeg's triangle filter: three parts of the nearer sample, one of the farther.
fn across(plane: u32, x: u32, y: u32) -> i32 {
    let row = plane + y * frame.chroma_stride;
    let near = x >> 1u;
    let here = byte_at(row + near);
    if (x & 1u) == 0u {
        if near == 0u { return here; }
        return (3 * here + byte_at(row + near - 1u) + 1) >> 2u;
    }
    if near + 1u >= frame.chroma_width { return here; }
    return (3 * here + byte_at(row + near + 1u) + 2) >> 2u;
}

fn column(plane: u32, x: u32, near: u32, far: u32) -> i32 {
    return 3 * byte_at(plane + near * frame.chroma_stride + x) + byte_at(plane + far * frame.chroma_stride + x);
}

fn both_ways(plane: u32, x: u32, y: u32) -> i32 {
    let near = y >> 1u;
    var far = near;
    if (y & 1u) == 0u {
        if near > 0u { far = near - 1u; }
    } else {
        far = min(near + 1u, frame.chroma_height - 1u);
    }
    let at = x >> 1u;
    let here = column(plane, at, near, far);
    if (x & 1u) == 0u {
        if at == 0u { return (4 * here + 8) >> 4u; }
        return (3 * here + column(plane, at - 1u, near, far) + 8) >> 4u;
    }
    if at + 1u >= frame.chroma_width { return (4 * here + 7) >> 4u; }
    return (3 * here + column(plane, at + 1u, near, far) + 7) >> 4u;
}

fn pixel(x: u32, y: u32) -> vec3<i32> {
    if frame.kind == YUYV {
        let at = y * frame.luma_stride + (x >> 1u) * 4u;
        return video(byte_at(at + (x & 1u) * 2u), byte_at(at + 1u), byte_at(at + 3u));
    }
    let luma = byte_at(y * frame.luma_stride + x);
    if frame.kind == NV12 {
        let at = frame.second_at + (y >> 1u) * frame.chroma_stride + (x >> 1u) * 2u;
        return video(luma, byte_at(at), byte_at(at + 1u));
    }
    if frame.kind == GRAY {
        return vec3<i32>(luma);
    }
    let second = frame.second_at;
    let third = frame.third_at;
    if frame.kind == JPEG_444 {
        let at = y * frame.chroma_stride + x;
        return full(luma, byte_at(second + at), byte_at(third + at));
    }
    if frame.kind == JPEG_422 {
        return full(luma, across(second, x, y), across(third, x, y));
    }
    return full(luma, both_ways(second, x, y), both_ways(third, x, y));
}

// Four pixels an invocation, since four fill three words.
@compute @workgroup_size(64)
fn pixels(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let number = id.x + id.y * groups.x * 64u;
    let first = number * 4u;
    let total = frame.width * frame.height;
    if first >= total { return; }
    var four: array<vec3<u32>, 4>;
    for (var k = 0u; k < 4u; k++) {
        let at = min(first + k, total - 1u);
        four[k] = vec3<u32>(pixel(at % frame.width, at / frame.width));
    }
    bgr[number * 3u] = four[0].x | (four[0].y << 8u) | (four[0].z << 16u) | (four[1].x << 24u);
    bgr[number * 3u + 1u] = four[1].y | (four[1].z << 8u) | (four[2].x << 16u) | (four[2].y << 24u);
    bgr[number * 3u + 2u] = four[2].z | (four[3].x << 8u) | (four[3].y << 16u) | (four[3].z << 24u);
}

fn bgr_at(x: u32, y: u32) -> vec3<u32> {
    let at = (y * frame.width + x) * 3u;
    let low = bgr[at >> 2u];
    // The last pixel's word may be the buffer's last: then nothing of the next one is wanted.
    let high = bgr[min((at >> 2u) + 1u, arrayLength(&bgr) - 1u)];
    let shift = (at & 3u) * 8u;
    var bits = low >> shift;
    if shift > 0u { bits = bits | (high << (32u - shift)); }
    return vec3<u32>(bits & 0xffu, (bits >> 8u) & 0xffu, (bits >> 16u) & 0xffu);
}

@compute @workgroup_size(8, 8)
fn shrink(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= patch_wish.part_width || id.y >= patch_wish.part_height { return; }
    let block = patch_wish.block;
    var sum = vec3<u32>(0u);
    for (var y = 0u; y < block; y++) {
        for (var x = 0u; x < block; x++) {
            sum += bgr_at(patch_wish.part_x + id.x * block + x, patch_wish.part_y + id.y * block + y);
        }
    }
    var mean = vec3<u32>(round(vec3<f32>(sum) * (1.0 / f32(block * block))));
    if block == 2u { mean = (sum + vec3<u32>(2u)) >> vec3<u32>(2u); }
    shrunk[id.y * patch_wish.part_width + id.x] = mean.x | (mean.y << 8u) | (mean.z << 16u);
}

fn tap(x: i32, y: i32) -> vec3<i32> {
    let right = i32(patch_wish.part_width) - 1;
    let bottom = i32(patch_wish.part_height) - 1;
    if patch_wish.edge == 0u && (x < 0 || y < 0 || x > right || y > bottom) {
        return vec3<i32>(0);
    }
    let at = vec2<u32>(u32(clamp(x, 0, right)), u32(clamp(y, 0, bottom)));
    if patch_wish.block < 2u {
        return vec3<i32>(bgr_at(at.x, at.y));
    }
    let bits = shrunk[at.y * patch_wish.part_width + at.x];
    return vec3<i32>(vec3<u32>(bits & 0xffu, (bits >> 8u) & 0xffu, (bits >> 16u) & 0xffu));
}

// Bilinear, to 32nds of a pixel.
@compute @workgroup_size(8, 8)
fn sample(@builtin(global_invocation_id) id: vec3<u32>) {
    let side = patch_wish.side;
    if id.x >= side || id.y >= side { return; }
    let at_x = (steps[2u * side + id.y] + steps[id.x]) >> 5u;
    let at_y = (steps[3u * side + id.y] + steps[side + id.x]) >> 5u;
    let x = at_x >> 5u;
    let y = at_y >> 5u;
    let fx = at_x & 31;
    let fy = at_y & 31;
    let upper = tap(x, y) * (32 - fx) + tap(x + 1, y) * fx;
    let lower = tap(x, y + 1) * (32 - fx) + tap(x + 1, y + 1) * fx;
    var value = vec3<f32>((upper * (32 - fy) + lower * fy + vec3<i32>(512)) >> vec3<u32>(10u));
    if patch_wish.red_first == 1u { value = value.zyx; }
    value = value * patch_wish.factor.xyz + patch_wish.add.xyz;
    let area = side * side;
    let place = id.y * side + id.x;
    tensor[place] = value.x;
    tensor[area + place] = value.y;
    tensor[2u * area + place] = value.z;
}
