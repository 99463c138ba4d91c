//! A proxy between the host and the bank that breaks connections in every way a network can (R3, R4).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longest request or answer that passes here.
const BYTES_MAX: usize = 256 * 1024;
/// Between two bytes of an answer that drips.
const DRIP_PAUSE: Duration = Duration::from_millis(400);

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Reset as soon as it stands, before anything was read.
    ResetAtOnce,
    /// Reset after the head of the request, before its body was read.
    ResetBeforeBody,
    /// Reset after the whole request was read; the bank never gets it.
    ResetAfterBody,
    /// The bank does it, then the connection is reset.
    ResetAfterBooking,
    /// The bank does it, then our direction is closed in silence.
    HalfClose,
    /// The bank does it; the answer is bytes that are no HTTP.
    Garbage,
    /// The bank does it; half of the answer comes.
    Truncate,
    /// The bank does it; the answer comes byte by byte, beyond every deadline.
    Drip,
    /// The bank does it; the answer comes twice.
    AnswerTwice,
    /// The bank gets it twice; the second answer comes.
    AskTwice,
    /// The bank does it; the answer comes after this long.
    Late(Duration),
    /// The request is kept for this long, then the bank does it; nobody hears of it.
    ArriveLate(Duration),
    /// The bank does it; the answer names another order.
    OtherOrder,
}

/// A proxy on a port of its own.
pub struct Chaos {
    pub addr: SocketAddr,
    /// For the next connections, in their order; those after them pass.
    next: Arc<Mutex<Vec<Trouble>>>,
    task: JoinHandle<()>,
}

impl Chaos {
    /// Stands in front of the bank at `bank`.
    pub async fn start(bank: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let next: Arc<Mutex<Vec<Trouble>>> = Arc::default();
        let troubles = Arc::clone(&next);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let trouble = {
                    let mut next = troubles.lock().unwrap_or_else(PoisonError::into_inner);
                    if next.is_empty() { None } else { Some(next.remove(0)) }
                };
                // An error here is a side that has given up, which is what this is for.
                tokio::spawn(async move { pass(stream, bank, trouble).await.ok() });
            }
        });
        Ok(Self { addr, next, task })
    }

    /// The bank's address as the host is told.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The next connection meets this.
    pub fn trouble(&self, trouble: Trouble) {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).push(trouble);
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(mut host: TcpStream, bank: SocketAddr, trouble: Option<Trouble>) -> Result<()> {
    let Some(trouble) = trouble else {
        let mut bank = TcpStream::connect(bank).await?;
        tokio::io::copy_bidirectional(&mut host, &mut bank).await?;
        return Ok(());
    };
    if trouble == Trouble::ResetAtOnce {
        return reset(host);
    }
    let request = message(&mut host, trouble == Trouble::ResetBeforeBody).await?;
    if matches!(trouble, Trouble::ResetBeforeBody | Trouble::ResetAfterBody) {
        return reset(host);
    }
    if let Trouble::ArriveLate(pause) = trouble {
        tokio::time::sleep(pause).await;
    }
    let mut answer = asked(bank, &request).await?;
    if trouble == Trouble::AskTwice {
        answer = asked(bank, &request).await?;
    }
    match trouble {
        Trouble::ResetAfterBooking => return reset(host),
        Trouble::HalfClose | Trouble::ArriveLate(_) => {}
        Trouble::Garbage => host.write_all(b"\x16\x03\x01 this is no HTTP \xff\xfe").await?,
        Trouble::Truncate => host.write_all(&answer[..answer.len() * 3 / 4]).await?,
        Trouble::Drip => {
            for byte in answer {
                host.write_all(&[byte]).await?;
                host.flush().await?;
                tokio::time::sleep(DRIP_PAUSE).await;
            }
        }
        Trouble::AnswerTwice => {
            host.write_all(&answer).await?;
            host.write_all(&answer).await?;
        }
        Trouble::Late(pause) => {
            tokio::time::sleep(pause).await;
            host.write_all(&answer).await?;
        }
        Trouble::OtherOrder => host.write_all(&other_order(&answer)).await?,
        _ => host.write_all(&answer).await?,
    }
    // Half closed: the other direction stays open until the host ends it.
    host.shutdown().await?;
    host.read_u8().await.ok();
    Ok(())
}

/// Closed with a reset instead of a farewell.
fn reset(stream: TcpStream) -> Result<()> {
    stream.set_zero_linger()?;
    drop(stream);
    Ok(())
}

/// Sends a request to the bank and reads all of its answer.
async fn asked(bank: SocketAddr, request: &[u8]) -> Result<Vec<u8>> {
    let mut bank = TcpStream::connect(bank).await?;
    bank.write_all(request).await?;
    message(&mut bank, false).await
}

/// One HTTP message with its length stated, or its head alone.
async fn message(stream: &mut TcpStream, head_only: bool) -> Result<Vec<u8>> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(length) = length(&bytes, head_only)
            && bytes.len() >= length
        {
            return Ok(bytes);
        }
        let read = stream.read(&mut piece).await?;
        bytes.extend_from_slice(&piece[..read]);
        if read == 0 || bytes.len() > BYTES_MAX {
            return Ok(bytes);
        }
    }
}

/// How long the message is, once its head is there.
fn length(bytes: &[u8], head_only: bool) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let body = text.split("content-length:").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
    Some(if head_only { head } else { head + body.unwrap_or(0) })
}

/// The same answer about another order of the same length.
fn other_order(answer: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer).into_owned();
    let order = text.split("<OrderId>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
    let other: String = order.chars().rev().collect();
    text.replace(order, &other).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_as_long_as_it_says() {
        let whole = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(length(whole, false), Some(whole.len()));
        assert_eq!(length(whole, true), Some(whole.len() - 3));
        assert_eq!(length(b"POST / HTTP/1.1\r\n", false), None);
    }

    #[test]
    fn another_order_is_as_long() {
        let answer = b"<OrderId>AB12</OrderId><OrderId>AB12</OrderId>";
        assert_eq!(other_order(answer), b"<OrderId>21BA</OrderId><OrderId>21BA</OrderId>");
    }
}
