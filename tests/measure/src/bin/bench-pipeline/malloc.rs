//! Counts what the process allocates: this program's `malloc`, `calloc`, `realloc` and aligned kin stand before glibc's, count
//! and hand on. Rust's allocator, OpenCV and ONNX Runtime (loaded later) all come by here; `free` needs no counting.
//!
//! Linux with glibc only: it keeps its own functions under names that begin with `__libc_`.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use kiosk_measure::face::stages::Allocated;

static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LARGE: AtomicU64 = AtomicU64::new(0);
/// Bytes from which on an allocation is a large one.
static FROM: AtomicUsize = AtomicUsize::new(usize::MAX);

/// POSIX's errors of `posix_memalign`.
const EINVAL: c_int = 22;
const ENOMEM: c_int = 12;

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(place: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(align: usize, size: usize) -> *mut c_void;
}

/// From here on allocations of at least so many bytes are large.
pub fn large_from(bytes: usize) {
    FROM.store(bytes, Ordering::Relaxed);
}

/// What was allocated so far.
pub fn allocated() -> Allocated {
    Allocated {
        count: COUNT.load(Ordering::Relaxed),
        bytes: BYTES.load(Ordering::Relaxed),
        large: LARGE.load(Ordering::Relaxed),
    }
}

fn count(size: usize) {
    COUNT.fetch_add(1, Ordering::Relaxed);
    BYTES.fetch_add(size as u64, Ordering::Relaxed);
    if size >= FROM.load(Ordering::Relaxed) {
        count_large();
    }
}

/// Apart, so that a debugger can stop here and see who asked.
#[cold]
#[inline(never)]
fn count_large() {
    LARGE.fetch_add(1, Ordering::Relaxed);
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut c_void {
    count(size);
    // SAFETY: glibc's own malloc, which takes any size.
    unsafe { __libc_malloc(size) }
}

#[unsafe(no_mangle)]
extern "C" fn calloc(number: usize, size: usize) -> *mut c_void {
    count(number.saturating_mul(size));
    // SAFETY: glibc's own calloc, which takes any sizes and checks their product.
    unsafe { __libc_calloc(number, size) }
}

/// # Safety
/// As of C's `realloc`: `place` is null or came from this family of functions.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(place: *mut c_void, size: usize) -> *mut c_void {
    count(size);
    // SAFETY: glibc's own realloc; every function here hands out glibc's own memory, so `place` is glibc's or null.
    unsafe { __libc_realloc(place, size) }
}

#[unsafe(no_mangle)]
extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
    count(size);
    // SAFETY: glibc's own memalign, which rounds `align` up to a power of two.
    unsafe { __libc_memalign(align, size) }
}

#[unsafe(no_mangle)]
extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    memalign(align, size)
}

/// # Safety
/// As of POSIX: `place` can be written to.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(place: *mut *mut c_void, align: usize, size: usize) -> c_int {
    if !align.is_power_of_two() || !align.is_multiple_of(size_of::<*mut c_void>()) {
        return EINVAL;
    }
    let found = memalign(align, size);
    if found.is_null() {
        return ENOMEM;
    }
    // SAFETY: the caller's own word, see above.
    unsafe { place.write(found) };
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rust_and_opencv_allocate_is_counted() {
        large_from(1 << 20);
        let before = allocated();
        drop(std::hint::black_box(vec![1_u8; 1 << 20]));
        let rust = allocated().large - before.large;
        let zeros = opencv::core::Mat::new_rows_cols_with_default(
            1024,
            1024,
            opencv::core::CV_8UC3,
            opencv::core::Scalar::all(1.0),
        );
        drop(std::hint::black_box(zeros.unwrap()));
        assert!(rust >= 1);
        assert!(allocated().large - before.large > rust);
    }
}
