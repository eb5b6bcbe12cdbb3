//! `kioskctl`: see `kioskd::kioskctl`.

fn main() -> std::process::ExitCode {
    kioskd::kioskctl::main()
}
