//! Error rates of presentation attack detection, as ISO/IEC 30107-3 names them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::proportion::Proportion;

/// Presentations of one kind.
#[derive(Debug, Clone, Copy, Default)]
struct Kind {
    /// Responses that were wrong, of all responses.
    wrong: Proportion,
    /// Presentations without a response, of all.
    silent: Proportion,
}

impl Kind {
    fn add(&mut self, wrong: Option<bool>) {
        self.silent.add(wrong.is_none());
        if let Some(wrong) = wrong {
            self.wrong.add(wrong);
        }
    }
}

/// Adds up.
#[derive(Debug)]
pub(super) struct Rates {
    bona_fide: Kind,
    attacks: BTreeMap<String, Kind>,
}

/// The last line's object. A rate is null where no presentation of its kind had a response.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    files: u64,
    /// The policy's least score of a bona fide presentation.
    threshold: f32,
    /// Share of each kind's responses that take the attack for bona fide.
    apcer: BTreeMap<String, Option<f64>>,
    /// The largest of them; null where a kind has none.
    apcer_max: Option<f64>,
    /// Share of responses that take a bona fide presentation for an attack.
    bpcer: Option<f64>,
    /// Mean of `apcer_max` and `bpcer`.
    acer: Option<f64>,
    non_response: NonResponse<Option<f64>>,
    /// Clopper and Pearson's 95 % intervals.
    intervals_95: Intervals,
    counts: NonResponse<Counts>,
    /// SHA-256 of the networks, by name.
    models: BTreeMap<String, String>,
}

/// Something of bona fide presentations and of each kind of attack.
#[derive(Debug, Serialize)]
struct NonResponse<T> {
    bona_fide: T,
    attacks: BTreeMap<String, T>,
}

#[derive(Debug, Serialize)]
struct Intervals {
    apcer: BTreeMap<String, Option<[f64; 2]>>,
    bpcer: Option<[f64; 2]>,
    non_response: NonResponse<Option<[f64; 2]>>,
}

#[derive(Debug, Serialize)]
struct Counts {
    presentations: u64,
    responses: u64,
    errors: u64,
}

impl Rates {
    /// Nothing presented yet; every kind is told of, whether a file is presented or not.
    pub(super) fn new(kinds: Vec<String>) -> Self {
        Self {
            bona_fide: Kind::default(),
            attacks: kinds
                .into_iter()
                .map(|kind| (kind, Kind::default()))
                .collect(),
        }
    }

    /// One presentation, and whether it was taken for bona fide; `None` is a non-response.
    pub(super) fn add(&mut self, attack: Option<&str>, accepted: Option<bool>) {
        match attack {
            None => self.bona_fide.add(accepted.map(|accepted| !accepted)),
            Some(kind) => self
                .attacks
                .entry(kind.to_owned())
                .or_default()
                .add(accepted),
        }
    }

    pub(super) fn finish(self, threshold: f32, models: Vec<(String, String)>) -> Summary {
        let apcer = self.each(|kind| kind.wrong.rate()).attacks;
        let largest = apcer.values().copied().collect::<Option<Vec<f64>>>();
        let apcer_max = largest.and_then(|rates| rates.into_iter().max_by(f64::total_cmp));
        let bpcer = self.bona_fide.wrong.rate();
        Summary {
            files: self
                .attacks
                .values()
                .map(|kind| kind.silent.of)
                .sum::<u64>()
                + self.bona_fide.silent.of,
            threshold,
            apcer,
            apcer_max,
            bpcer,
            acer: apcer_max
                .zip(bpcer)
                .map(|(apcer, bpcer)| f64::midpoint(apcer, bpcer)),
            non_response: self.each(|kind| kind.silent.rate()),
            intervals_95: Intervals {
                apcer: self.each(|kind| kind.wrong.interval_95()).attacks,
                bpcer: self.bona_fide.wrong.interval_95(),
                non_response: self.each(|kind| kind.silent.interval_95()),
            },
            counts: self.each(|kind| Counts {
                presentations: kind.silent.of,
                responses: kind.wrong.of,
                errors: kind.wrong.hits,
            }),
            models: models.into_iter().collect(),
        }
    }

    fn each<T>(&self, of: impl Fn(&Kind) -> T) -> NonResponse<T> {
        NonResponse {
            bona_fide: of(&self.bona_fide),
            attacks: self
                .attacks
                .iter()
                .map(|(name, kind)| (name.clone(), of(kind)))
                .collect(),
        }
    }
}

impl Summary {
    /// For a reader's eyes: a row a kind.
    pub(super) fn text(&self) -> String {
        let share = |share: Option<f64>| {
            share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
        };
        let range = |range: Option<[f64; 2]>| {
            range.map_or_else(String::new, |[low, high]| {
                format!(" ({:.1} to {:.1} %)", low * 100.0, high * 100.0)
            })
        };
        let silent = |rate: Option<f64>| format!("no response {}", share(rate));
        let mut rows: Vec<String> = self
            .apcer
            .iter()
            .map(|(kind, rate)| {
                let interval = self.intervals_95.apcer.get(kind).copied().flatten();
                let quiet = self.non_response.attacks.get(kind).copied().flatten();
                format!(
                    "APCER {kind}: {}{}, {}",
                    share(*rate),
                    range(interval),
                    silent(quiet)
                )
            })
            .collect();
        rows.push(format!(
            "BPCER: {}{}, {}",
            share(self.bpcer),
            range(self.intervals_95.bpcer),
            silent(self.non_response.bona_fide)
        ));
        rows.push(format!(
            "ACER: {}; {} files at threshold {}",
            share(self.acer),
            self.files,
            self.threshold
        ));
        rows.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates() -> Rates {
        let mut rates = Rates::new(vec!["mask".into(), "print".into(), "screen".into()]);
        for accepted in [Some(true), Some(true), Some(true), Some(false), None] {
            rates.add(None, accepted);
        }
        for accepted in [Some(false), Some(true)] {
            rates.add(Some("print"), accepted);
        }
        rates.add(Some("screen"), Some(false));
        rates
    }

    #[test]
    fn a_kind_s_rate_is_of_its_responses_and_a_non_response_counts_apart() {
        let summary = rates().finish(0.5, Vec::new());
        assert_eq!((summary.files, summary.bpcer), (8, Some(0.25)));
        assert_eq!(
            (summary.apcer["print"], summary.apcer["screen"]),
            (Some(0.5), Some(0.0))
        );
        assert_eq!(summary.non_response.bona_fide, Some(0.2));
        assert_eq!(summary.non_response.attacks["print"], Some(0.0));
    }

    #[test]
    fn a_kind_without_a_response_leaves_the_worst_kind_and_acer_unknown() {
        let summary = rates().finish(0.5, Vec::new());
        assert_eq!(
            (summary.apcer["mask"], summary.apcer_max, summary.acer),
            (None, None, None)
        );
        let mut all = rates();
        all.add(Some("mask"), Some(false));
        let summary = all.finish(0.5, Vec::new());
        assert_eq!((summary.apcer_max, summary.acer), (Some(0.5), Some(0.375)));
    }
}
