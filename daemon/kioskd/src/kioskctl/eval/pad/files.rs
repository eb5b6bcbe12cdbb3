//! What is presented: files below two folders, attacks by their kind.

use std::path::{Path, PathBuf};

use super::super::super::Failed;
use super::super::walk;

/// What a clip's file name ends in, whatever the case.
const CLIPS: [&str; 7] = ["mp4", "m4v", "mov", "webm", "mkv", "avi", "mjpeg"];

/// A file that is presented to the detector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Presentation {
    pub path: PathBuf,
    /// The kind of attack; `None` where it is bona fide.
    pub attack: Option<String>,
}

impl Presentation {
    /// Whether it is a single picture.
    pub(super) fn is_picture(&self) -> bool {
        walk::ends_in(&self.path, &walk::EXTENSIONS)
    }
}

/// Every presentation, the bona fide ones first, and the kinds of attack, those without a file with them.
pub(super) fn presentations(
    bona_fide: &Path,
    attacks: &Path,
) -> Result<(Vec<Presentation>, Vec<String>), Failed> {
    let mut all: Vec<Presentation> = files(bona_fide)?
        .into_iter()
        .map(|path| Presentation { path, attack: None })
        .collect();
    let mut kinds = Vec::new();
    for (kind, folder) in kinds_below(attacks)? {
        all.extend(files(&folder)?.into_iter().map(|path| Presentation {
            path,
            attack: Some(kind.clone()),
        }));
        kinds.push(kind);
    }
    Ok((all, kinds))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let known: Vec<&str> = walk::EXTENSIONS.into_iter().chain(CLIPS).collect();
    walk::files(folder, &known)
}

/// The sub-folders by name. A file that lies beside them has no kind and is refused: left out in silence it
/// would make the rates look better or worse than they are.
fn kinds_below(attacks: &Path) -> Result<Vec<(String, PathBuf)>, Failed> {
    let all = files(attacks)?;
    let mut kinds: Vec<(String, PathBuf)> = std::fs::read_dir(attacks)
        .map_err(|error| Failed::Usage(format!("{} can't be listed ({error})", attacks.display())))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .filter_map(|path| Some((path.file_name()?.to_string_lossy().into_owned(), path)))
        .collect();
    kinds.sort();
    if let Some(loose) = all.iter().find(|path| path.parent() == Some(attacks)) {
        return Err(Failed::Usage(format!(
            "{} lies in no sub-folder; put attacks into one sub-folder a kind, e.g. {}",
            loose.display(),
            attacks.join("print").display()
        )));
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        folder
    }

    #[test]
    fn pictures_and_clips_are_presented_by_kind_and_other_files_are_not() {
        let bona_fide = folder(&["b.MP4", "a/a.jpg", "notes.txt"]);
        let attacks = folder(&["screen/one.webm", "print/x/two.png", "print/list.csv"]);
        std::fs::create_dir(attacks.path().join("mask")).unwrap();
        let (all, kinds) = presentations(bona_fide.path(), attacks.path())
            .ok()
            .unwrap();
        assert_eq!(kinds, ["mask", "print", "screen"]);
        let told: Vec<(Option<&str>, &str)> = all
            .iter()
            .map(|one| {
                (
                    one.attack.as_deref(),
                    one.path.file_name().unwrap().to_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (None, "a.jpg"),
                (None, "b.MP4"),
                (Some("print"), "two.png"),
                (Some("screen"), "one.webm")
            ]
        );
    }

    #[test]
    fn an_attack_without_a_kind_is_refused() {
        let bona_fide = folder(&["a.jpg"]);
        let attacks = folder(&["loose.jpg", "print/one.jpg"]);
        let refused = presentations(bona_fide.path(), attacks.path());
        assert!(matches!(refused, Err(Failed::Usage(why)) if why.contains("sub-folder")));
    }
}
