use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use ori_shared::error_code::ErrorCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Timeouts;
use super::framework_answer::{self, FrameworkAnswer};
use crate::error::ApiError;
use crate::middleware::ResponseMiddleware;

/// The requests of a connection that are being served.
#[derive(Clone)]
pub struct RequestsInProgress(Rc<Requests>);

struct Requests {
    count: Cell<usize>,
    /// Time at which the last of them ended.
    ended: Cell<Instant>,
}

/// A request that is being served, until this is dropped.
pub struct InProgress(RequestsInProgress);

impl RequestsInProgress {
    fn none_since(ended: Instant) -> Self {
        Self(Rc::new(Requests {
            count: Cell::new(0),
            ended: Cell::new(ended),
        }))
    }

    /// Counts one more.
    #[must_use]
    pub fn begin(&self) -> InProgress {
        self.0.count.set(self.0.count.get() + 1);
        InProgress(self.clone())
    }

    /// Since when none is being served; `None` while one is.
    fn idle_since(&self) -> Option<Instant> {
        (self.0.count.get() == 0).then(|| self.0.ended.get())
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        let requests = &self.0.0;
        requests.count.set(requests.count.get() - 1);
        requests.ended.set(Instant::now());
    }
}

/// A connection that ends when the client takes too long, and on which what actix-http answers by itself is a problem
/// like any other.
pub(super) struct TimedStream {
    inner: TcpStream,
    around: Rc<ResponseMiddleware>,
    timeouts: Timeouts,
    requests: RequestsInProgress,
    /// Time of the last response or of the connection's start.
    answered: Instant,
    /// Since when the client has not taken what is to be sent.
    blocked: Option<Instant>,
    /// Whether anything was received since the last answer.
    has_received: bool,
    /// Whether anything was written since the last flush.
    has_written: bool,
    /// What replaces an answer of actix-http, as far as it is not sent yet. Nothing follows it.
    replacement: Vec<u8>,
    is_refused: bool,
    /// Wakes this connection no later than at its deadline. It is moved only when it has passed: a deadline moves with
    /// each request.
    timer: Pin<Box<Sleep>>,
}

impl TimedStream {
    pub(super) fn new(inner: TcpStream, around: Rc<ResponseMiddleware>, timeouts: Timeouts) -> Self {
        let now = Instant::now();
        Self {
            inner,
            around,
            timeouts,
            requests: RequestsInProgress::none_since(now),
            answered: now,
            blocked: None,
            has_received: false,
            has_written: false,
            replacement: Vec::new(),
            is_refused: false,
            timer: Box::pin(sleep_until(now + timeouts.next_head)),
        }
    }

    pub(super) fn requests(&self) -> RequestsInProgress {
        self.requests.clone()
    }

    /// `None` while a request is being served.
    fn deadline(&self) -> Option<Instant> {
        match self.blocked {
            Some(since) => Some(since + self.timeouts.answer),
            None => self
                .requests
                .idle_since()
                .map(|since| since.max(self.answered) + self.timeouts.next_head),
        }
    }

    /// Fails once the client has taken too long; wakes the connection again by then.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while self.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            let deadline = self.deadline().unwrap_or(now + self.timeouts.next_head);
            if deadline <= now {
                self.send_timeout();
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.timer.as_mut().reset(deadline);
        }
        Ok(())
    }

    /// Answers a head that did not end, unless nothing of it was received or another answer is being sent.
    fn send_timeout(&mut self) {
        if self.has_received && self.blocked.is_none() && !self.is_refused {
            let answer = self
                .around
                .answer_without_request(&ApiError::new(ErrorCode::RequestTimeout));
            // The connection is closed, whether the client takes it or not.
            let _ = self.inner.try_write(&answer);
        }
    }

    /// Takes over the bytes with an answer of actix-http at their end.
    fn replace(&mut self, written: &[u8], answer: &FrameworkAnswer) {
        self.is_refused = true;
        self.replacement.extend_from_slice(&written[..answer.start]);
        let code = match answer.status {
            // A connection on which nothing was ever sent is closed without an answer.
            408 if !self.has_received => return,
            408 => ErrorCode::RequestTimeout,
            431 => ErrorCode::HeadersTooLarge,
            400..500 => ErrorCode::MalformedRequest,
            _ => ErrorCode::Internal,
        };
        let problem = self.around.answer_without_request(&ApiError::new(code));
        self.replacement.extend_from_slice(&problem);
    }

    fn poll_replacement(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.replacement.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(context, &self.replacement))?;
            self.replacement.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Notes whether the client takes what is sent.
    fn poll_taken<T>(&mut self, context: &mut Context<'_>, sent: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if sent.is_pending() {
            self.blocked.get_or_insert_with(Instant::now);
        }
        self.poll_deadline(context)?;
        sent
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(context, buffer);
        if read.is_pending() {
            this.poll_deadline(context)?;
        }
        this.has_received |= buffer.filled().len() > before;
        read
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(answer) = framework_answer::find(bytes)
            && !this.is_refused
        {
            this.replace(bytes, &answer);
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut this.inner).poll_write(context, bytes);
        this.has_written |= written.is_ready();
        this.poll_taken(context, written)
    }

    /// actix-http flushes once it has written all it had.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let sent = this.poll_replacement(context);
        ready!(this.poll_taken(context, sent))?;
        let flushed = Pin::new(&mut this.inner).poll_flush(context);
        ready!(this.poll_taken(context, flushed))?;
        this.blocked = None;
        if std::mem::take(&mut this.has_written) {
            this.answered = Instant::now();
            this.has_received = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let sent = this.poll_replacement(context);
        ready!(this.poll_taken(context, sent))?;
        Pin::new(&mut this.inner).poll_shutdown(context)
    }
}
