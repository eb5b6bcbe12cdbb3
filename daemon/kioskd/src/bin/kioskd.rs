//! `kioskd`: the daemon.

fn main() -> std::process::ExitCode {
    kioskd::heap::settle();
    kioskd::daemon::main()
}
