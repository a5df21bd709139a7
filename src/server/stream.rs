//! What clients are served over: TCP, as it is or with TLS in it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead as _, AsyncRead as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A connection to a client.
pub(super) trait Connection: AsyncWrite + Unpin {
    /// Gives what has come to `take`, nothing at the end. It may put that into `buffer` first.
    fn poll_take<R>(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
        take: impl FnOnce(&[u8]) -> R,
    ) -> Poll<io::Result<R>>;

    /// What it is made over.
    fn socket(&self) -> &TcpStream;

    /// What is written from now on is the last, and is followed by the end.
    fn ends(&mut self) {}
}

impl Connection for TlsStream<TcpStream> {
    /// One record at a time, as OpenSSL gives them.
    fn poll_take<R>(
        &mut self,
        context: &mut Context<'_>,
        _: &mut [u8],
        take: impl FnOnce(&[u8]) -> R,
    ) -> Poll<io::Result<R>> {
        let record = match ready!(Pin::new(&mut *self).poll_fill_buf(context)) {
            // An end that TLS does not tell of is one, too: what came before it counts.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => &[],
            record => record?,
        };
        let (taken, length) = (take(record), record.len());
        Pin::new(self).consume(length);
        Poll::Ready(Ok(taken))
    }

    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// A connection without TLS. Its last bytes and its end go out together: who is served is woken once for both.
pub(super) struct Plain {
    stream: TcpStream,
    ends: bool,
}

impl Plain {
    pub(super) fn new(stream: TcpStream) -> Plain {
        Plain { stream, ends: false }
    }
}

impl Connection for Plain {
    fn poll_take<R>(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
        take: impl FnOnce(&[u8]) -> R,
    ) -> Poll<io::Result<R>> {
        let mut taken = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut taken))?;
        Poll::Ready(Ok(take(taken.filled())))
    }

    fn socket(&self) -> &TcpStream {
        &self.stream
    }

    fn ends(&mut self) {
        self.ends = true;
    }
}

impl AsyncWrite for Plain {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.ends {
            true => poll_write_more(&self.stream, context, bytes),
            false => Pin::new(&mut self.stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Writes what is not to be sent before more is written, or the end.
#[cfg(target_os = "linux")]
fn poll_write_more(stream: &TcpStream, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    use rustix::net::{SendFlags, send};
    use tokio::io::Interest;
    loop {
        ready!(stream.poll_write_ready(context))?;
        let flags = SendFlags::MORE | SendFlags::NOSIGNAL;
        let sent = stream.try_io(Interest::WRITABLE, || send(stream, bytes, flags).map_err(io::Error::from));
        match sent {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            sent => return Poll::Ready(sent),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn poll_write_more(stream: &TcpStream, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_write_ready(context))?;
        match stream.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            sent => return Poll::Ready(sent),
        }
    }
}
