//! How the daemon's heap behaves: a kiosk runs for months, and what one picture took must not stay taken.
//!
//! glibc's own rules keep memory: a heap for each thread that met another in `malloc`, up to eight a core, and a
//! threshold that rises to 32 MiB once a large block was freed, from which on such blocks stay on the heap and tear
//! holes in it. Measured in `docs/benchmarks/soak.md`: 140 MiB less after a minute.

/// Heaps at most: one for the analysis thread's sake, one for all others.
const HEAPS: i32 = 2;
/// Blocks from this size on are the kernel's own, and go back to it when freed: a frame of 1280 x 720 stays below, what
/// documents are read from does not.
const OWN_BLOCK: i32 = 4 << 20;
/// This much may lie free at a heap's end.
const SLACK: i32 = 8 << 20;

/// Sets the rules. To be called before any other thread runs.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn settle() {
    let rules = [
        (libc::M_ARENA_MAX, HEAPS),
        (libc::M_MMAP_THRESHOLD, OWN_BLOCK),
        (libc::M_TRIM_THRESHOLD, SLACK),
    ];
    for (rule, value) in rules {
        // SAFETY: `mallopt` takes two numbers and touches the allocator's own settings alone.
        let taken = unsafe { libc::mallopt(rule, value) };
        if taken != 1 {
            // Only the heap's size is at stake; `kioskd` works on.
            tracing::debug!(rule, value, "the allocator did not take a rule");
        }
    }
}

/// Gives the kernel every whole page that lies free in any heap, holes in the middle too, which no rule does by itself.
/// It holds a heap for some milliseconds: off the threads that answer, and not often.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn give_back() {
    // SAFETY: `malloc_trim` takes a number and touches pages that nobody has allocated.
    let given = unsafe { libc::malloc_trim(0) };
    tracing::trace!(given, "free pages went back to the kernel");
}

/// Other allocators have rules of their own.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn settle() {}

/// Other allocators give back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn give_back() {}
