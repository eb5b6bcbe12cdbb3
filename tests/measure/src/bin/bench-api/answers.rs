//! The kiosk's own count of its answers (`kioskd_answers_total`, `kioskd_answer_seconds_total`), and what it says of the slowest.

use std::collections::BTreeMap;

/// Answers of one bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Bucket {
    count: f64,
    store_s: f64,
    rest_s: f64,
}

/// Answers by method, route and most seconds, in millionths so that they sort.
#[derive(Debug, Default)]
pub struct Answers(BTreeMap<(String, String, u64), Bucket>);

/// One route's answers by most seconds.
#[derive(Debug)]
pub struct OfRoute(BTreeMap<u64, Bucket>);

/// The slowest of them.
#[derive(Debug, PartialEq)]
pub struct Tail {
    /// What the fastest of these took more than, in seconds.
    pub from: f64,
    pub count: f64,
    pub store_s: f64,
    pub total_s: f64,
}

impl Answers {
    /// Reads the text form.
    pub fn read(text: &str) -> Self {
        let mut answers = Self::default();
        for line in text.lines() {
            answers.take(line);
        }
        answers
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let rest = line.strip_prefix("kioskd_answer")?;
        let (name, rest) = rest.split_once('{')?;
        let (labels, value) = rest.split_once("} ")?;
        let value: f64 = value.parse().ok()?;
        let label = |name: &str| {
            let (_, rest) = labels.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(text, _)| text.to_owned())
        };
        let within = match label("within")?.as_str() {
            "+Inf" => u64::MAX,
            seconds => (seconds.parse::<f64>().ok()? * 1e6) as u64,
        };
        let place = (label("method")?, label("route")?, within);
        let bucket = self.0.entry(place).or_default();
        match (name, label("part").as_deref()) {
            ("s_total", _) => bucket.count = value,
            ("_seconds_total", Some("store")) => bucket.store_s = value,
            ("_seconds_total", Some("rest")) => bucket.rest_s = value,
            _ => {}
        }
        Some(())
    }

    /// One route's answers since an earlier look.
    pub fn since(&self, before: &Self, (method, route): (&str, &str)) -> OfRoute {
        let own = self
            .0
            .iter()
            .filter(|((own, pattern, _), _)| own == method && pattern == route);
        let buckets = own.map(|(place, now)| {
            let then = before.0.get(place).copied().unwrap_or_default();
            let bucket = Bucket {
                count: now.count - then.count,
                store_s: now.store_s - then.store_s,
                rest_s: now.rest_s - then.rest_s,
            };
            (place.2, bucket)
        });
        OfRoute(buckets.collect())
    }
}

impl OfRoute {
    /// The answers from the bucket on that holds this share, 0 to 1; `None` of none.
    pub fn tail(&self, share: f64) -> Option<Tail> {
        let all: f64 = self.0.values().map(|bucket| bucket.count).sum();
        let (mut passed, mut from) = (0.0, 0.0);
        let mut tail: Option<Tail> = None;
        for (most, bucket) in &self.0 {
            passed += bucket.count;
            if tail.is_none() && (bucket.count <= 0.0 || passed < share * all) {
                from = *most as f64 / 1e6;
                continue;
            }
            let tail = tail.get_or_insert(Tail {
                from,
                count: 0.0,
                store_s: 0.0,
                total_s: 0.0,
            });
            tail.count += bucket.count;
            tail.store_s += bucket.store_s;
            tail.total_s += bucket.store_s + bucket.rest_s;
        }
        tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(counts: [f64; 3]) -> String {
        let mut text = String::from("# TYPE kioskd_answers counter\n");
        for (within, count) in ["0.001", "0.002", "+Inf"].iter().zip(counts) {
            let labels = format!("method=\"GET\",route=\"/a/{{id}}\",within=\"{within}\"");
            text += &format!("kioskd_answers_total{{{labels}}} {count}\n");
            for (part, each) in [("store", 0.3), ("rest", 0.1)] {
                let seconds = each * count;
                text +=
                    &format!("kioskd_answer_seconds_total{{{labels},part=\"{part}\"}} {seconds}\n");
            }
        }
        text
    }

    #[test]
    fn the_tail_is_what_came_since_from_the_bucket_of_that_share_on() {
        let before = Answers::read(&text([100.0, 0.0, 5.0]));
        let after = Answers::read(&text([190.0, 9.0, 6.0]));
        let own = after.since(&before, ("GET", "/a/{id}"));
        let tail = own.tail(0.99).unwrap();
        assert_eq!((tail.from, tail.count), (0.001, 10.0));
        assert!((tail.store_s - 3.0).abs() < 1e-9 && (tail.total_s - 4.0).abs() < 1e-9);
        assert!(
            after
                .since(&before, ("POST", "/a/{id}"))
                .tail(0.99)
                .is_none()
        );
    }
}
