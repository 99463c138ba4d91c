//! `pos-nestpay-vectors FILE…`: runs public vectors of the NestPay family against the connector.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    let mut well = true;
    for file in std::env::args().skip(1) {
        let report = std::fs::read_to_string(&file)
            .map_err(|error| error.to_string())
            .and_then(|text| pos_nestpay::vectors::run(&text));
        match report {
            Ok(report) => {
                well &= report.failed.is_empty();
                print!("{file}: {}", report.to_text());
            }
            Err(error) => {
                well = false;
                eprintln!("{file}: {error}");
            }
        }
    }
    if well { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

#[cfg(target_arch = "wasm32")]
fn main() {}
