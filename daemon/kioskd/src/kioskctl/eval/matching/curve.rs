//! Error rates over all thresholds, as ISO/IEC 19795-1 defines them: comparisons of one person's pictures that are
//! not taken for one person's (FNMR), and of two people's that are (FMR).

/// Distances of compared pairs. Pairs that could not be compared are not here.
#[derive(Debug, Default)]
pub(super) struct Curve {
    pub genuine: Vec<f32>,
    pub impostor: Vec<f32>,
}

impl Curve {
    pub(super) fn add(&mut self, same: bool, distance: f32) {
        let kind = if same {
            &mut self.genuine
        } else {
            &mut self.impostor
        };
        kind.push(distance);
    }

    /// The largest distance within which at most a share `far` of impostor pairs lies; `None` where fewer than 3 /
    /// `far` were compared (with none of that many accepted, 95 of 100 such runs have a true rate below `far`: the
    /// rule of three).
    pub(super) fn max_distance_at(&self, far: f64) -> Option<f32> {
        let impostors = self.impostor.len() as f64;
        // The epsilon keeps 3 / 0.001 from being more than 3,000, and 0.001 * 3000 from being less than 3.
        if impostors + 1e-6 < 3.0 / far {
            return None;
        }
        let sorted = sorted(&self.impostor);
        let first_refused = sorted.get((far * impostors + 1e-6).floor() as usize)?;
        Some(first_refused.next_down())
    }

    /// The share of genuine pairs within that distance; `None` as there, or without a genuine pair.
    pub(super) fn tar_at(&self, far: f64) -> Option<f64> {
        let most = self.max_distance_at(far)?;
        let accepted = self
            .genuine
            .iter()
            .filter(|distance| **distance <= most)
            .count();
        (!self.genuine.is_empty()).then(|| accepted as f64 / self.genuine.len() as f64)
    }

    /// Where both error rates meet: their mean at the threshold where they differ least; `None` without pairs of
    /// either kind.
    pub(super) fn eer(&self) -> Option<f64> {
        if self.genuine.is_empty() || self.impostor.is_empty() {
            return None;
        }
        let (genuine, impostor) = (sorted(&self.genuine), sorted(&self.impostor));
        let within = |sorted: &[f32], most: f32| {
            sorted.partition_point(|distance| *distance <= most) as f64 / sorted.len() as f64
        };
        // Below the least distance no pair is accepted.
        let thresholds = genuine
            .iter()
            .chain(&impostor)
            .copied()
            .chain([f32::NEG_INFINITY]);
        thresholds
            .map(|most| (within(&impostor, most), 1.0 - within(&genuine, most)))
            .min_by(|one, two| (one.0 - one.1).abs().total_cmp(&(two.0 - two.1).abs()))
            .map(|(fmr, fnmr)| f64::midpoint(fmr, fnmr))
    }
}

fn sorted(distances: &[f32]) -> Vec<f32> {
    let mut sorted = distances.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(genuine: &[f32], impostor: &[f32]) -> Curve {
        Curve {
            genuine: genuine.to_vec(),
            impostor: impostor.to_vec(),
        }
    }

    #[test]
    fn kinds_that_do_not_overlap_have_no_errors_and_swapped_ones_only_errors() {
        assert_eq!(curve(&[0.1, 0.2], &[0.8, 0.9]).eer(), Some(0.0));
        assert_eq!(curve(&[0.8, 0.9], &[0.1, 0.2]).eer(), Some(1.0));
    }

    #[test]
    fn one_in_four_on_either_side_is_an_equal_error_rate_of_a_quarter() {
        let found = curve(&[0.2, 0.3, 0.4, 0.7], &[0.5, 0.75, 0.8, 0.9]).eer();
        assert_eq!(found, Some(0.25));
    }

    #[test]
    fn a_rate_is_told_only_where_enough_impostors_were_compared() {
        let impostors: Vec<f32> = (0..300_u16).map(|i| 0.7 + f32::from(i) / 1000.0).collect();
        // Three of 300 may be accepted: the threshold lies just below the fourth, 0.703.
        let enough = curve(&[0.7025, 0.704, 0.1, 0.9], &impostors);
        assert_eq!(enough.tar_at(1e-2), Some(0.5));
        assert_eq!(enough.tar_at(1e-3), None);
        assert_eq!(curve(&[0.9], &impostors[1..]).tar_at(1e-2), None);
        assert_eq!(curve(&[], &impostors).tar_at(1e-2), None);
    }

    #[test]
    fn faces_as_alike_as_the_first_refused_impostor_are_refused_with_it() {
        let tied = curve(&[0.5, 0.4], &[0.5; 300]);
        assert_eq!(tied.tar_at(1e-2), Some(0.5));
    }

    #[test]
    fn without_pairs_of_both_kinds_there_is_no_equal_error_rate() {
        assert_eq!(curve(&[], &[0.1]).eer(), None);
        assert_eq!(curve(&[0.1], &[]).eer(), None);
    }
}
