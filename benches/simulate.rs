//! Plays the delivery engine in as many worlds as there are seeds, and says which went wrong: `make simulate`.

fn main() -> std::process::ExitCode {
    // Cargo adds words of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if postbacks::server::dispatch::simulation::main(&arguments) {
        std::process::ExitCode::SUCCESS
    } else {
        std::process::ExitCode::FAILURE
    }
}
