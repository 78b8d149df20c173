//! The `casim` command; see [`casim::cli`].

fn main() -> std::process::ExitCode {
    casim::cli::main()
}
