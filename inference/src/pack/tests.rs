//! A pack opens whole or not at all.

use super::*;

/// Sha256 of `abc` (FIPS 180-4, appendix B.1).
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn a_folder(manifest: &str) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("default");
    std::fs::create_dir(&pack).unwrap();
    let path = folder.path().join("manifest.toml");
    std::fs::write(&path, manifest).unwrap();
    (folder, path, pack)
}

fn an_entry(id: &str, optional: bool) -> String {
    format!(
        "[[model]]\nid = \"{id}\"\nfile = \"{id}.onnx\"\nsha256 = \"{ABC}\"\noptional = {optional}\n"
    )
}

#[test]
fn a_pack_with_right_files_opens_and_tells_its_hashes() {
    let (_keep, manifest, pack) = a_folder(&an_entry("one", false));
    std::fs::write(pack.join("one.onnx"), "abc").unwrap();
    let pack = Pack::open(&manifest, &pack).unwrap();
    assert_eq!(pack.hashes(), [("one".to_owned(), ABC.to_owned())]);
    assert_eq!(pack.models().count(), 1);
}

#[test]
fn a_changed_file_is_refused_by_name() {
    let (_keep, manifest, pack) = a_folder(&an_entry("one", false));
    std::fs::write(pack.join("one.onnx"), "abd").unwrap();
    let error = Pack::open(&manifest, &pack).unwrap_err();
    assert!(
        matches!(&error, PackError::Mismatch { id, .. } if id == "one"),
        "{error}"
    );
    assert!(error.to_string().contains("model one is refused"));
}

#[test]
fn an_absent_file_is_refused_by_name_with_the_remedy() {
    let (_keep, manifest, pack) = a_folder(&an_entry("one", false));
    let error = Pack::open(&manifest, &pack).unwrap_err();
    assert!(
        matches!(&error, PackError::Absent { id, .. } if id == "one"),
        "{error}"
    );
    assert!(error.to_string().contains("cargo xtask setup"));
}

#[test]
fn an_optional_model_may_be_absent_but_not_wrong() {
    let both = format!("{}{}", an_entry("one", false), an_entry("two", true));
    let (_keep, manifest, pack) = a_folder(&both);
    std::fs::write(pack.join("one.onnx"), "abc").unwrap();
    let open = Pack::open(&manifest, &pack).unwrap();
    assert!(open.model("two").is_none());
    assert_eq!(open.absent(), ["two"]);
    std::fs::write(pack.join("two.onnx"), "abd").unwrap();
    assert!(matches!(
        Pack::open(&manifest, &pack),
        Err(PackError::Mismatch { .. })
    ));
}

#[test]
fn a_broken_manifest_is_a_typed_error() {
    let (_keep, manifest, pack) = a_folder("[[model]]\nid = 3\n");
    assert!(matches!(
        Pack::open(&manifest, &pack),
        Err(PackError::Manifest { .. })
    ));
}
