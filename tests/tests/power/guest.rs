//! The guest: Debian's kernel under qemu, and a root of a few files that is made here.
//!
//! ```text
//!  kernel:        out of Debian's package, in tests/.kernel (`cargo xtask setup` puts it there, nothing is installed)
//!  initial root:  /init, busybox, the modules for a virtio disk with ext4, the driver and its libraries
//!  /dev/vda:      the disk with the volatile cache, mounted at /d; the store lies in /d/store
//!  serial line:   what the driver says
//! ```

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What a machine lacks says the command that brings it.
const REMEDY: &str = "run `cargo xtask setup`";

/// What set-up extracted of Debian's kernel: boot/vmlinuz-RELEASE and lib/modules/RELEASE.
const KERNELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.kernel");

const INIT: &str = r#"#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc p /proc
$B mount -t sysfs s /sys
$B mount -t devtmpfs d /dev
while read m; do $B insmod /m/$m || echo "REFUSED module $m"; done < /order
n=0; until [ -b /dev/vda ] || [ $n = 600 ]; do n=$((n+1)); $B sleep 0.1; done
$B mount -t ext4 /dev/vda /d || echo "REFUSED the file system does not mount: $($B dmesg | $B tail -n 6 | $B tr '\n' ' ')"
/driver /d/store $($B sed -n 's/.*driver=\([^ ]*\).*/\1/p' /proc/cmdline)
$B sync
$B poweroff -f
"#;

/// What a guest boots from.
pub struct Guest {
    kernel: PathBuf,
    root: PathBuf,
}

impl Guest {
    /// Makes kernel and root in a folder.
    pub fn make(folder: &Path, driver: &Path) -> Self {
        let release = release();
        let kernel = folder.join("vmlinux");
        let packed = Path::new(KERNELS)
            .join("boot")
            .join(format!("vmlinuz-{release}"));
        unpack_kernel(&packed, &kernel);
        let stripped = folder.join("driver");
        run(Command::new("strip").arg("-o").arg(&stripped).arg(driver));
        let mut root = Archive::default();
        for name in [
            "bin",
            "dev",
            "proc",
            "sys",
            "m",
            "d",
            "lib",
            "lib64",
            "lib/x86_64-linux-gnu",
        ] {
            root.folder(name);
        }
        root.file("init", INIT.as_bytes());
        root.file("bin/busybox", &read("/bin/busybox"));
        root.file("driver", &read(&stripped));
        for library in libraries(driver) {
            root.file(library.trim_start_matches('/'), &read(&library));
        }
        let mut order = String::new();
        for module in modules(&release) {
            let name = Path::new(&module)
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            root.file(&format!("m/{name}"), &read(&module));
            order += &format!("{name}\n");
        }
        root.file("order", order.as_bytes());
        let path = folder.join("root.cpio");
        std::fs::write(&path, root.end()).unwrap();
        Self { kernel, root: path }
    }

    /// Boots; what the serial line says comes out of the child's standard output.
    pub fn boot(&self, disk_port: u16, driver: &str) -> Child {
        let line = format!("console=ttyS0 quiet panic=-1 mitigations=off driver={driver}");
        let drive = format!(
            "file=nbd://127.0.0.1:{disk_port},format=raw,if=virtio,cache=none,discard=ignore,detect-zeroes=off"
        );
        Command::new("qemu-system-x86_64")
            .args([
                "-M",
                "q35",
                "-nodefaults",
                "-accel",
                "tcg",
                "-cpu",
                "max",
                "-smp",
                "1",
            ])
            .args([
                "-m",
                "256",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-no-reboot",
            ])
            .arg("-kernel")
            .arg(&self.kernel)
            .arg("-initrd")
            .arg(&self.root)
            .args(["-append", &line, "-drive", &drive])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("qemu-system-x86_64: {error}; {REMEDY}"))
    }
}

/// An empty ext4 file system of so many bytes, with blocks as every disk of a kiosk has them (mke2fs gives one so small blocks
/// of 1 KiB), and without checksums of its own: writes are torn at 512 bytes here, and a superblock of 1 KiB or a commit of its journal
/// of 4 KiB that is torn there has a wrong sum, upon which ext4 does not mount. That would say nothing of the store.
pub fn file_system(folder: &Path, bytes: u64) -> Vec<u8> {
    let path = folder.join("disk.raw");
    std::fs::File::create(&path)
        .unwrap()
        .set_len(bytes)
        .unwrap();
    run(Command::new("mke2fs")
        .args([
            "-q",
            "-t",
            "ext4",
            "-b",
            "4096",
            "-O",
            "^metadata_csum",
            "-E",
            "lazy_itable_init=0,lazy_journal_init=0",
        ])
        .arg(&path));
    std::fs::read(path).unwrap()
}

/// The kernel whose modules are here.
fn release() -> String {
    let modules = Path::new(KERNELS).join("lib/modules");
    let entries = std::fs::read_dir(modules).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .next()
        .unwrap_or_else(|| panic!("no kernel in {KERNELS}; {REMEDY}"))
}

/// The ELF image inside a bzImage: it boots in a third of the time where nothing is accelerated.
fn unpack_kernel(packed: &Path, to: &Path) {
    const XZ: &[u8] = b"\xfd7zXZ\0";
    let bytes = read(packed);
    let starts = bytes
        .windows(XZ.len())
        .enumerate()
        .filter(|(_, some)| *some == XZ);
    for (start, _) in starts {
        let mut xz = Command::new("xz")
            .args(["--decompress", "--stdout", "--single-stream", "--quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("xz: {error}; {REMEDY}"));
        let mut input = xz.stdin.take().unwrap();
        let rest = bytes[start..].to_vec();
        // What follows the stream is not taken.
        let feeding = std::thread::spawn(move || drop(input.write_all(&rest)));
        let unpacked = xz.wait_with_output().unwrap().stdout;
        feeding.join().unwrap();
        if unpacked.starts_with(b"\x7fELF") {
            std::fs::write(to, unpacked).unwrap();
            return;
        }
    }
    panic!("{} holds no kernel that is packed by xz", packed.display());
}

/// The modules' files, in the order in which they have to be loaded.
fn modules(release: &str) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for module in ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4"] {
        let said = run(Command::new("/sbin/modprobe").args([
            "-d",
            KERNELS,
            "-S",
            release,
            "--show-depends",
            module,
        ]));
        for line in said.lines() {
            let file = line
                .strip_prefix("insmod ")
                .map(|rest| rest.trim().to_owned());
            files.extend(file.filter(|file| !files.contains(file)));
        }
    }
    files
}

/// The shared libraries of a program, with the one that loads them.
fn libraries(program: &Path) -> Vec<String> {
    let said = run(Command::new("ldd").arg(program));
    let paths = said
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')));
    paths.map(str::to_owned).collect()
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}; {REMEDY}", path.display()))
}

fn run(command: &mut Command) -> String {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; {REMEDY}"));
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}

/// A cpio archive in the form that the kernel unpacks ("newc").
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    fn folder(&mut self, name: &str) {
        self.entry(name, 0o040_755, &[]);
    }

    fn file(&mut self, name: &str, content: &[u8]) {
        self.entry(name, 0o100_755, content);
    }

    fn entry(&mut self, name: &str, mode: u32, content: &[u8]) {
        self.entries += 1;
        let length = content.len() as u32;
        let named = name.len() as u32 + 1;
        // Number, mode, owner, group, links, time, length, device twice in two parts, length of name, checksum.
        let fields = [self.entries, mode, 0, 0, 1, 0, length, 0, 0, 0, 0, named, 0];
        let mut head = "070701".to_owned();
        head.extend(fields.map(|field| format!("{field:08x}")));
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn end(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.bytes
    }
}
