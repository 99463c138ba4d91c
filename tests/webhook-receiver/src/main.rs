//! Listens and prints what it is told. Add `http://127.0.0.1:7090/webhooks/vezne` in the sandbox's portal first, then
//! `WEBHOOK_SECRET=whsec_… cargo run -p vezne-webhook-receiver` with the secret that it showed once.

use vezne_webhook_receiver::Receiver;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = std::env::var("WEBHOOK_SECRET").map_err(|_| "set WEBHOOK_SECRET to what the portal showed once")?;
    let receiver = Receiver::new(&secret)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:7090").await?;
    println!("listening at http://{}/webhooks/vezne", listener.local_addr()?);
    let router = receiver.router();
    tokio::spawn(async move {
        let mut told = 0;
        loop {
            for event in receiver.taken().iter().skip(told) {
                println!("{} {} {}", event.timestamp, event.kind, event.data);
                told += 1;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    });
    axum::serve(listener, router).await?;
    Ok(())
}
