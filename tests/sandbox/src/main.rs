//! `vezne-sandbox --port 7071`: the sandbox bank as a server.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;
use tracing_subscriber::EnvFilter;
use vezne_sandbox::{Options, start};

/// A NestPay bank for tests and demonstrations.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Port to listen on; 0 picks a free one, which is printed.
    #[arg(long, default_value_t = 7071)]
    port: u16,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// Keep the book in this file, so that it survives a restart.
    #[arg(long)]
    book: Option<PathBuf>,
    /// The one-time code of the ACS page.
    #[arg(long, default_value = "123456")]
    code: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .init();
    let args = Args::parse();
    let options = Options { book: args.book, one_time_code: args.code, ..Options::default() };
    let running = start(SocketAddr::new(args.address, args.port), options).await?;
    println!("sandbox bank ready on {}", running.url());
    tokio::select! {
        () = running.wait() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}
