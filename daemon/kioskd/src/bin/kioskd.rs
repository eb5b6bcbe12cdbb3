//! `kioskd`: the daemon.

fn main() -> std::process::ExitCode {
    kioskd::daemon::main()
}
