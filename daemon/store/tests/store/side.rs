//! Side notes: kept over openings, sealed, replaced and removed, and told where they were tampered with.

use kiosk_store::StoreError;

use super::Place;

#[tokio::test]
async fn a_note_outlives_the_process_is_replaced_whole_and_goes_when_removed() {
    let place = Place::new();
    let store = place.open_whole();
    assert!(store.note("clip-1").unwrap().is_none());
    store.put_note("clip-1", b"first").await.unwrap();
    store.put_note("clip-1", b"second").await.unwrap();
    store.put_note("clip-2", b"another").await.unwrap();
    store.close().await.unwrap();
    let store = place.open_whole();
    assert_eq!(**store.note("clip-1").unwrap().unwrap(), *b"second");
    store.remove_note("clip-1").await.unwrap();
    store.remove_note("never-there").await.unwrap();
    assert!(store.note("clip-1").unwrap().is_none());
    assert_eq!(**store.note("clip-2").unwrap().unwrap(), *b"another");
}

#[tokio::test]
async fn on_disk_a_note_tells_neither_its_name_nor_what_it_says_and_does_not_open_in_anothers_place()
 {
    let place = Place::new();
    let store = place.open_whole();
    store.put_note("somebody", b"what is kept").await.unwrap();
    store.put_note("another", b"something else").await.unwrap();
    let folder = place.path().join("side");
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 2);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(4).any(|four| four == b"what"));
        assert!(!file.to_string_lossy().contains("somebody"));
    }
    let swapped = std::fs::read(&files[0]).unwrap();
    std::fs::copy(&files[1], &files[0]).unwrap();
    std::fs::write(&files[1], swapped).unwrap();
    for name in ["somebody", "another"] {
        assert!(
            matches!(store.note(name), Err(StoreError::Wire(_))),
            "{name}"
        );
    }
    store.put_note("somebody", b"anew").await.unwrap();
    assert_eq!(**store.note("somebody").unwrap().unwrap(), *b"anew");
}
