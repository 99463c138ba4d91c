//! Watches an HTTP connection: have bytes left, have all left, has something come back?

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zeroize::Zeroizing;

use super::ending::Phase;

/// The body has been handed to the connection, but may still sit in its buffer.
const BODY_TAKEN: u8 = 1;
const AWAITING: u8 = 2;
const READING: u8 = 3;

/// How far an exchange has come. It only moves forward.
#[derive(Debug, Default)]
pub(super) struct Progress(AtomicU8);

impl Progress {
    /// Before anything else is known, bytes may be leaving.
    pub fn phase(&self) -> Phase {
        match self.0.load(Ordering::Acquire) {
            READING => Phase::ReadingResponse,
            AWAITING => Phase::AwaitingResponse,
            _ => Phase::Sending,
        }
    }

    /// The head of the answer is there.
    pub fn answer_began(&self) {
        self.0.fetch_max(READING, Ordering::AcqRel);
    }

    fn body_taken(&self) {
        self.0.fetch_max(BODY_TAKEN, Ordering::AcqRel);
    }

    fn flushed(&self) {
        // Only after the body was taken does an empty buffer mean that everything left.
        let _ = self.0.compare_exchange(BODY_TAKEN, AWAITING, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// A request body that says when it was taken, and whose buffer is wiped when the last reader lets go.
pub(super) struct OutBody {
    bytes: Option<Bytes>,
    length: u64,
    progress: Arc<Progress>,
}

impl OutBody {
    pub fn new(bytes: Zeroizing<Vec<u8>>, progress: Arc<Progress>) -> Self {
        let length = bytes.len() as u64;
        let bytes = (length > 0).then(|| Bytes::from_owner(Wiped(bytes)));
        if bytes.is_none() {
            progress.body_taken();
        }
        Self { bytes, length, progress }
    }
}

struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Body for OutBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.bytes.take();
        if bytes.is_some() {
            self.progress.body_taken();
        }
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.bytes.is_some() { self.length } else { 0 })
    }
}

/// A connection whose flushes are seen.
pub(super) struct Tap<S> {
    stream: S,
    progress: Arc<Progress>,
}

impl<S> Tap<S> {
    pub fn new(stream: S, progress: Arc<Progress>) -> Self {
        Self { stream, progress }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            self.progress.flushed();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
