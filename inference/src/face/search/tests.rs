//! The same as comparing with each, one after the other.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use super::*;

/// A template whose numbers follow from `seed`.
fn template(seed: u32, measure: Measure) -> Template {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let values = std::array::from_fn(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    });
    Template::new(values, measure)
}

fn gallery(count: u32, measure: Measure) -> Gallery<u32> {
    let mut gallery = Gallery::new(measure);
    for name in 0..count {
        gallery.add(name, &template(name, measure)).unwrap();
    }
    gallery
}

#[test]
fn the_nearest_are_those_that_comparing_with_each_finds() {
    for measure in [Measure::Euclidean, Measure::Cosine] {
        let gallery = gallery(2_500, measure);
        for seed in [7_000, 8_000, 9_000] {
            let probe = template(seed, measure);
            let mut one_by_one: Vec<(f32, u32)> = (0..2_500)
                .map(|name| (probe.distance(&template(name, measure)), name))
                .collect();
            one_by_one.sort_by(|one, two| one.0.total_cmp(&two.0));
            let found = gallery.nearest(&probe, 10).unwrap();
            assert_eq!(found.len(), 10);
            for (hit, (distance, name)) in found.iter().zip(one_by_one) {
                assert_eq!(*hit.name, name);
                assert!((hit.distance - distance).abs() < 1e-5, "{hit:?} {distance}");
            }
        }
    }
}

#[test]
fn everyone_within_a_threshold_is_found_the_nearest_first() {
    let gallery = gallery(1_500, Measure::Euclidean);
    let probe = template(9_999, Measure::Euclidean);
    let limit = gallery.nearest(&probe, 40).unwrap()[39].distance;
    let found = gallery.within(&probe, limit).unwrap();
    assert_eq!(found.len(), 40);
    assert!(found.is_sorted_by(|one, two| one.distance <= two.distance));
    assert!(gallery.within(&probe, 0.0).unwrap().is_empty());
}

#[test]
fn the_nearest_of_those_that_count_is_the_first_of_the_nearest_that_does() {
    let gallery = gallery(1_500, Measure::Euclidean);
    let probe = template(9_999, Measure::Euclidean);
    let odd = |name: &u32| name % 2 == 1;
    let all = gallery.nearest(&probe, 1_500).unwrap();
    let expected = all.into_iter().find(|hit| odd(hit.name));
    let found = gallery.nearest_of(&probe, 1, odd).unwrap();
    assert_eq!(found.into_iter().next(), expected);
    assert_eq!(gallery.nearest_of(&probe, 1, |_| false).unwrap(), []);
    assert_eq!(gallery.names().count(), 1_500);
}

#[test]
fn who_is_enrolled_is_found_again_at_no_distance_across_blocks() {
    let gallery = gallery(2_100, Measure::Euclidean);
    for name in [0, 1_023, 1_024, 2_099] {
        let found = gallery
            .nearest(&template(name, Measure::Euclidean), 1)
            .unwrap();
        assert_eq!((*found[0].name, found[0].distance), (name, 0.0));
    }
}

#[test]
fn an_empty_gallery_knows_nobody_and_another_network_s_template_is_refused() {
    let mut empty: Gallery<u32> = Gallery::new(Measure::Euclidean);
    let probe = template(1, Measure::Euclidean);
    assert!(empty.is_empty() && empty.nearest(&probe, 3).unwrap().is_empty());
    assert!(
        gallery(3, Measure::Euclidean)
            .nearest(&probe, 0)
            .unwrap()
            .is_empty()
    );
    let other = template(1, Measure::Cosine);
    assert_eq!(empty.add(1, &other), Err(OtherNetwork));
    assert_eq!(empty.nearest(&other, 1), Err(OtherNetwork));
    assert_eq!(
        format!("{:?}", gallery(3, Measure::Euclidean)),
        "Gallery(3 templates)"
    );
}

/// Templates in groups, as people's are: somebody of each group, off by a little.
fn near_to(group: u32, seed: u32) -> Template {
    let (middle, own) = (
        template(group, Measure::Euclidean),
        template(seed + 1_000_000, Measure::Euclidean),
    );
    let values = std::array::from_fn(|at| middle.values()[at] + 0.15 * own.values()[at]);
    Template::new(values, Measure::Euclidean)
}

fn grouped(count: u32) -> Gallery<u32> {
    let mut gallery = Gallery::indexed_from(Measure::Euclidean, 500);
    for name in 0..count {
        gallery.add(name, &near_to(name / 4, name)).unwrap();
    }
    gallery
}

#[test]
fn by_the_index_nearly_all_find_whom_comparing_with_each_finds_and_those_since_are_found() {
    let mut gallery = grouped(900);
    let exact: Vec<u32> = (0..70)
        .map(|seed| {
            *gallery
                .nearest(&near_to(seed * 3, 9_000 + seed), 1)
                .unwrap()[0]
                .name
        })
        .collect();
    let index = gallery.index_due().unwrap().build().unwrap();
    gallery.take_index(index);
    assert!(gallery.index_due().is_none());
    let same = (0..70).filter(|seed| {
        let found = gallery
            .nearest(&near_to(seed * 3, 9_000 + seed), 1)
            .unwrap();
        *found[0].name == exact[*seed as usize]
    });
    assert!(same.count() >= 68);
    gallery.add(7_777, &near_to(5, 4_711)).unwrap();
    let found = gallery.nearest(&near_to(5, 4_711), 1).unwrap();
    assert_eq!((*found[0].name, found[0].distance), (7_777, 0.0));
}

#[test]
fn who_is_taken_off_is_found_neither_by_the_index_nor_by_comparing_and_the_row_is_wiped() {
    let mut gallery = grouped(600);
    let index = gallery.index_due().unwrap().build().unwrap();
    gallery.take_index(index);
    let place = gallery.rows.place(100).unwrap();
    assert!(place.read(|row| row.iter().any(|value| *value != 0.0)));
    assert_eq!(gallery.remove(|name| *name == 100), 1);
    assert!(place.read(|row| row.iter().all(|value| *value == 0.0)));
    assert_eq!(gallery.len(), 599);
    let probe = near_to(25, 100);
    let found = gallery.nearest(&probe, 3).unwrap();
    assert!(found.len() == 3 && found.iter().all(|hit| *hit.name != 100));
    assert!(gallery.within(&probe, 0.01).unwrap().is_empty());
    assert_eq!(gallery.remove(|name| *name == 100), 0);
    // A tenth of them: the index is to be made anew, of those who are left.
    assert_eq!(gallery.remove(|name| *name < 60), 60);
    assert_eq!(gallery.index_due().unwrap().rows.len(), 539);
    assert!(gallery.nearest(&probe, 1).unwrap()[0].name >= &60);
}

#[test]
fn where_few_count_they_are_compared_with_each_so_that_none_is_missed() {
    let mut gallery = grouped(600);
    let index = gallery.index_due().unwrap().build().unwrap();
    gallery.take_index(index);
    let probe = near_to(1, 9_999);
    let found = gallery.nearest_of(&probe, 1, |name| *name == 599).unwrap();
    assert_eq!(*found[0].name, 599);
}
