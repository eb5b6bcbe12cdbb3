//! Error rates over all thresholds, as ISO/IEC 19795-1 defines them: comparisons of one person's pictures that are
//! not taken for one person's (FNMR), and of two people's that are (FMR).

/// Compared pairs by how alike their faces are; larger is more alike. Pairs that could not be compared are not here.
#[derive(Debug, Default)]
pub(super) struct Curve {
    genuine: Vec<f64>,
    impostor: Vec<f64>,
}

impl Curve {
    pub(super) fn add(&mut self, same: bool, alike: f64) {
        if same {
            &mut self.genuine
        } else {
            &mut self.impostor
        }
        .push(alike);
    }

    /// The largest share of genuine pairs accepted at a threshold that accepts at most a share `far` of impostors;
    /// `None` where fewer than 3 / `far` impostor pairs were compared (with none of that many accepted, 95 of 100 such
    /// runs have a true rate below `far`: the rule of three), or no genuine pair.
    pub(super) fn tar_at(&mut self, far: f64) -> Option<f64> {
        let impostors = self.impostor.len() as f64;
        if self.genuine.is_empty() || impostors < 3.0 / far {
            return None;
        }
        self.impostor.sort_by(|one, two| two.total_cmp(one));
        // The epsilon keeps 0.001 * 3000 from being 2.
        let let_in = (far * impostors + 1e-9).floor() as usize;
        let first_refused = self
            .impostor
            .get(let_in)
            .copied()
            .unwrap_or(f64::NEG_INFINITY);
        let accepted = self
            .genuine
            .iter()
            .filter(|alike| **alike > first_refused)
            .count();
        Some(accepted as f64 / self.genuine.len() as f64)
    }

    /// Where both error rates meet: their mean at the threshold where they differ least; `None` without pairs of
    /// either kind.
    pub(super) fn eer(&mut self) -> Option<f64> {
        if self.genuine.is_empty() || self.impostor.is_empty() {
            return None;
        }
        self.genuine.sort_by(f64::total_cmp);
        self.impostor.sort_by(f64::total_cmp);
        let below = |sorted: &[f64], at: f64| {
            sorted.partition_point(|alike| *alike < at) as f64 / sorted.len() as f64
        };
        // A pair is accepted from the threshold on; beyond the largest none is.
        let thresholds = self
            .genuine
            .iter()
            .chain(&self.impostor)
            .copied()
            .chain([f64::INFINITY]);
        thresholds
            .map(|at| (1.0 - below(&self.impostor, at), below(&self.genuine, at)))
            .min_by(|one, two| (one.0 - one.1).abs().total_cmp(&(two.0 - two.1).abs()))
            .map(|(fmr, fnmr)| f64::midpoint(fmr, fnmr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(genuine: &[f64], impostor: &[f64]) -> Curve {
        Curve {
            genuine: genuine.to_vec(),
            impostor: impostor.to_vec(),
        }
    }

    #[test]
    fn kinds_that_do_not_overlap_have_no_errors_and_swapped_ones_only_errors() {
        assert_eq!(curve(&[0.8, 0.9], &[0.1, 0.2]).eer(), Some(0.0));
        assert_eq!(curve(&[0.1, 0.2], &[0.8, 0.9]).eer(), Some(1.0));
    }

    #[test]
    fn one_in_four_on_either_side_is_an_equal_error_rate_of_a_quarter() {
        let found = curve(&[0.3, 0.6, 0.7, 0.8], &[0.1, 0.2, 0.25, 0.5]).eer();
        assert_eq!(found, Some(0.25));
    }

    #[test]
    fn a_rate_is_told_only_where_enough_impostors_were_compared() {
        let impostors: Vec<f64> = (0..300).map(|i| f64::from(i) / 1000.0).collect();
        // Three of 300 may be accepted: the threshold lies just above 0.296.
        let mut enough = curve(&[0.2965, 0.296, 0.9, 0.1], &impostors);
        assert_eq!(enough.tar_at(1e-2), Some(0.5));
        assert_eq!(enough.tar_at(1e-3), None);
        assert_eq!(curve(&[0.9], &impostors[1..]).tar_at(1e-2), None);
        assert_eq!(curve(&[], &impostors).tar_at(1e-2), None);
    }

    #[test]
    fn faces_as_alike_as_the_first_refused_impostor_are_refused_with_it() {
        let mut tied = curve(&[0.5, 0.6], &vec![0.5; 300]);
        assert_eq!(tied.tar_at(1e-2), Some(0.5));
    }

    #[test]
    fn without_pairs_of_both_kinds_there_is_no_equal_error_rate() {
        assert_eq!(curve(&[], &[0.1]).eer(), None);
        assert_eq!(curve(&[0.1], &[]).eer(), None);
    }
}
