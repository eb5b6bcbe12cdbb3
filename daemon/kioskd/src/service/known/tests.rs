//! Faces in a real store: listed, enrolled, found, forgotten, and there again after a restart.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use kiosk_store::{DeviceKey, StoreConfig};

use super::*;

/// A template all of whose numbers but the first are alike.
fn face(first: f32) -> Template {
    let mut bytes = vec![2_u8];
    bytes.extend(first.to_le_bytes());
    bytes.extend(std::iter::repeat_n(0.05_f32.to_le_bytes(), 127).flatten());
    Template::from_bytes(&bytes).unwrap()
}

fn store(folder: &std::path::Path) -> Store {
    let config = StoreConfig::new(folder.join("store"), "kiosk-1".parse().unwrap());
    Store::open(&config, DeviceKey::from_bytes([7; 32]))
        .unwrap()
        .0
}

fn near(found: Option<f32>, distance: f32) -> bool {
    found.is_some_and(|found| (found - distance).abs() < 1e-5)
}

#[tokio::test]
async fn a_listed_face_is_found_also_after_a_restart_until_it_is_taken_off() {
    let folder = tempfile::tempdir().unwrap();
    let somebody = Person::of("demo", "user-1");
    let known = Known::open(store(folder.path()));
    assert_eq!(known.search(&face(0.5), somebody), KnownFaces::default());
    known.list("case-12", &face(0.5)).await.unwrap();
    known.list("case-13", &face(-0.4)).await.unwrap();
    assert!(matches!(
        known.list("case-12", &face(0.1)).await,
        Err(ListError::Taken)
    ));
    assert!(matches!(
        known.list("No good", &face(0.1)).await,
        Err(ListError::Name)
    ));
    known.store.clone().close().await.unwrap();
    drop(known);
    let known = Known::open(store(folder.path()));
    assert_eq!(known.listed(), ["case-12", "case-13"]);
    let found = known.search(&face(0.6), somebody);
    assert!(
        found.listed == 2 && near(found.nearest_listed, 0.1),
        "{found:?}"
    );
    known.unlist("case-12").await.unwrap();
    assert!(matches!(
        known.unlist("case-1").await,
        Err(ListError::Unknown)
    ));
    let found = known.search(&face(0.6), somebody);
    assert!(
        found.listed == 1 && near(found.nearest_listed, 1.0),
        "{found:?}"
    );
}

#[tokio::test]
async fn who_comes_again_is_a_duplicate_under_another_name_of_the_same_tenant_alone() {
    let folder = tempfile::tempdir().unwrap();
    let known = Known::open(store(folder.path()));
    let first = Person::of("bank", "user-1");
    known.enrol(first, &face(0.2)).await.unwrap();
    known.enrol(first, &face(0.2)).await.unwrap();
    known.store.clone().close().await.unwrap();
    drop(known);
    let known = Known::open(store(folder.path()));
    let again = known.search(&face(0.2), first);
    assert_eq!((again.enrolled, again.nearest_enrolled), (0, None));
    let other_name = known.search(&face(0.25), Person::of("bank", "user-2"));
    assert!(
        other_name.enrolled == 1 && near(other_name.nearest_enrolled, 0.05),
        "{other_name:?}"
    );
    let other_tenant = known.search(&face(0.2), Person::of("shop", "user-2"));
    assert_eq!(
        (other_tenant.enrolled, other_tenant.nearest_enrolled),
        (0, None)
    );
}

#[tokio::test]
async fn enrolled_people_go_on_in_the_next_note_when_one_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let known = Known::open(store(folder.path()));
    for number in 0..IN_A_NOTE + 2 {
        let person = Person::of("bank", &number.to_string());
        known
            .enrol(person, &face(number as f32 / 1e3))
            .await
            .unwrap();
    }
    known.store.clone().close().await.unwrap();
    drop(known);
    let known = Known::open(store(folder.path()));
    let last = (IN_A_NOTE + 1) as f32 / 1e3;
    let found = known.search(&face(last), Person::of("bank", "new"));
    assert_eq!(found.enrolled as usize, IN_A_NOTE + 2);
    assert!(near(found.nearest_enrolled, 0.0), "{found:?}");
}

#[tokio::test]
async fn who_is_forgotten_is_found_no_more_also_after_a_restart_and_the_place_is_taken_again() {
    let folder = tempfile::tempdir().unwrap();
    let known = Known::open(store(folder.path()));
    let people: Vec<Person> = (0..IN_A_NOTE + 2)
        .map(|number| Person::of("bank", &number.to_string()))
        .collect();
    for (number, person) in people.iter().enumerate() {
        known
            .enrol(*person, &face(number as f32 / 1e3))
            .await
            .unwrap();
    }
    let new = Person::of("bank", "new");
    assert!(known.forget(people[7]).await.unwrap());
    assert!(!known.forget(people[7]).await.unwrap());
    let found = known.search(&face(0.007), new);
    assert_eq!(found.enrolled as usize, IN_A_NOTE + 1);
    assert!(near(found.nearest_enrolled, 0.001), "{found:?}");
    known.store.clone().close().await.unwrap();
    drop(known);

    let known = Known::open(store(folder.path()));
    let found = known.search(&face(0.007), new);
    assert_eq!(found.enrolled as usize, IN_A_NOTE + 1);
    assert!(near(found.nearest_enrolled, 0.001), "{found:?}");
    known.enrol(new, &face(0.9)).await.unwrap();
    assert_eq!(
        known.book().places,
        IN_A_NOTE + 2,
        "the free place is taken"
    );
    let found = known.search(&face(0.9), people[0]);
    assert!(near(found.nearest_enrolled, 0.0), "{found:?}");
    assert!(known.forget(people[IN_A_NOTE + 1]).await.unwrap());
    known.forget_all().await.unwrap();
    assert_eq!(known.search(&face(0.9), people[0]).enrolled, 0);
    known.store.clone().close().await.unwrap();
    drop(known);
    let known = Known::open(store(folder.path()));
    assert_eq!(known.search(&face(0.9), people[0]).enrolled, 0);
}
