//! Whether two series of hashes show one movement: laid over each other at every shift in time.
//!
//! ```text
//! bits apart
//!    │ ───╲        ╱──── one face, moved differently: about the same at every shift
//!    │     ╲      ╱
//!    │      ╲    ╱
//!    │       ╲  ╱        the same movement: one shift at which all falls into place
//!    │        ╲╱
//!    └─────────────────► shift
//! ```
//!
//! One person before one kiosk is always alike, so that small distances alone tell nothing. What tells a clip of before
//! is that it falls into place at one shift and nowhere else; how far is the contrast. A face that hardly moves has none,
//! and nothing can be said of it.

use zeroize::Zeroizing;

/// Hashes that have to lie over each other: 2 s.
const LEAST_OVERLAP: usize = 20;
/// And the share of the shorter series.
const LEAST_SHARE: f32 = 0.6;
/// Shifts this near to the best belong to it: half a second.
const NEAR: usize = 5;

/// How two series lie over each other at their best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Laid {
    /// Mean bits apart at the best shift.
    pub best: f32,
    /// The median of the mean bits apart at shifts away from it.
    pub elsewhere: f32,
    /// The least of these.
    pub next: f32,
}

impl Laid {
    /// 0 where another shift fits as well as the best to 1 where the best fits bit for bit and no other does.
    pub fn stands_out(&self) -> f32 {
        1.0 - self.best / self.next.max(f32::EPSILON)
    }

    /// 0 where most shifts are like the best to 1 where the best fits bit for bit.
    pub fn contrast(&self) -> f32 {
        1.0 - self.best / self.elsewhere.max(f32::EPSILON)
    }
}

/// Lays `two` over `one` at every shift of at least `least_shift`. `None` where too little lies over each other.
pub(super) fn lay(one: &[Option<u64>], two: &[Option<u64>], least_shift: usize) -> Option<Laid> {
    let shorter = one.len().min(two.len());
    let needed = LEAST_OVERLAP.max((LEAST_SHARE * shorter as f32).ceil() as usize);
    let (one, two) = (Series::of(one), Series::of(two));
    // Shifts at which too few can lie over each other are not tried.
    let last = |series: &Series| (series.bits.len() + 1).saturating_sub(needed);
    let forward =
        (least_shift..last(&one)).map(|skip| (skip, apart(&one, &two, [skip, 0], needed)));
    let back =
        (least_shift.max(1)..last(&two)).map(|skip| (skip, apart(&one, &two, [0, skip], needed)));
    // Both directions on one line, so that neighbours are neighbours.
    let zero = two.bits.len() as isize;
    let mut laid: Vec<(isize, f32)> = forward
        .map(|(skip, bits)| (zero + skip as isize, bits))
        .chain(back.map(|(skip, bits)| (zero - skip as isize, bits)))
        .filter_map(|(place, bits)| Some((place, bits?)))
        .collect();
    let (at, best) = *laid.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    laid.retain(|(place, _)| place.abs_diff(at) > NEAR);
    if laid.is_empty() {
        return None;
    }
    laid.sort_by(|a, b| a.1.total_cmp(&b.1));
    let elsewhere = laid[laid.len() / 2].1;
    let next = laid[0].1;
    Some(Laid {
        best,
        elsewhere,
        next,
    })
}

/// Hashes and which of them are there, apart, so that a processor takes several at once.
struct Series {
    bits: Zeroizing<Vec<u64>>,
    /// All bits set where there is a hash.
    there: Vec<u64>,
}

impl Series {
    fn of(hashes: &[Option<u64>]) -> Self {
        let there = |hash: &Option<u64>| if hash.is_some() { u64::MAX } else { 0 };
        Self {
            bits: Zeroizing::new(hashes.iter().map(|hash| hash.unwrap_or(0)).collect()),
            there: hashes.iter().map(there).collect(),
        }
    }
}

/// Mean bits apart of the hashes that lie over each other, so many of each left out.
fn apart(one: &Series, two: &Series, skip: [usize; 2], needed: usize) -> Option<f32> {
    let hashes = one.bits[skip[0]..].iter().zip(&two.bits[skip[1]..]);
    let there = one.there[skip[0]..].iter().zip(&two.there[skip[1]..]);
    let (mut bits, mut pairs) = (0_u64, 0_u64);
    for ((one, two), (here, there)) in hashes.zip(there) {
        let both = here & there;
        bits += u64::from(((one ^ two) & both).count_ones());
        pairs += both & 1;
    }
    (pairs >= needed as u64).then(|| bits as f32 / pairs as f32)
}
