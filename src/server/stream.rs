//! A TCP connection whose last bytes and whose end go out together: who is served is woken once for both.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// What clients are served over.
pub(super) trait Connection: AsyncRead + AsyncWrite + Unpin {
    /// What is written from now on is the last, and is followed by the end.
    fn ends(&mut self) {}
}

impl Connection for TlsStream<TcpStream> {}

/// A connection without TLS.
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
    fn ends(&mut self) {
        self.ends = true;
    }
}

impl AsyncRead for Plain {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, to)
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
        std::task::ready!(stream.poll_write_ready(context))?;
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
        std::task::ready!(stream.poll_write_ready(context))?;
        match stream.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            sent => return Poll::Ready(sent),
        }
    }
}
