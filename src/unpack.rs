//! Bytes that may be compressed: plain, gzip or xz, told by how they begin and not by what a file is called.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

/// As much is read at once of what is compressed.
const PIECE: usize = 1 << 17;

/// An xz file says how much memory it takes to unpack it, and may say 4 GiB; `xz -9` asks for 64 MiB. In KiB: this is a
/// dictionary of 128 MiB, and what is needed beside it.
const MOST_MEMORY: u32 = 129 << 10;

const GZIP: &[u8] = b"\x1f\x8b";
const XZ: &[u8] = b"\xfd7zXZ\0";

/// What amictl knows well enough to say that it does not read it: how it begins, its name, and what unpacks it.
const NOT_READ: [(&[u8], &str, &str); 2] = [(b"\x28\xb5\x2f\xfd", "zstd", "zstd -d"), (b"BZh", "bzip2", "bzip2 -d")];

/// Why compressed bytes cannot be read on. It comes as the inner error of an [`io::Error`].
#[derive(Debug, thiserror::Error)]
enum UnpackError {
    #[error("its {form} data ends too early, after {at} bytes")]
    Cut { form: &'static str, at: u64 },
    #[error("its {form} data is damaged, as is found at byte {at}: {what}")]
    Damaged { form: &'static str, at: u64, what: io::Error },
    #[error("its xz data takes more than 128 MiB of memory to unpack; use `xz -d` first")]
    TooMuch,
    #[error("it is compressed with {0}, which amictl does not read; use `{1}` first")]
    NotRead(&'static str, &'static str),
}

/// The bytes that an input stands for, whatever it is compressed with. Memory does not grow with their number.
///
/// # Errors
///
/// What the input says, or a form of compression that is not read. Damaged data is an error of the reader.
pub fn unpack(mut input: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    let mut head = Vec::with_capacity(XZ.len());
    input.by_ref().take(XZ.len() as u64).read_to_end(&mut head)?;
    let is = |magic: &[u8]| head.starts_with(magic);
    if let Some((_, name, by)) = NOT_READ.into_iter().find(|(magic, ..)| is(magic)) {
        return Err(io::Error::new(io::ErrorKind::Unsupported, UnpackError::NotRead(name, by)));
    }
    let (is_gzip, is_xz) = (is(GZIP), is(XZ));
    let whole = Cursor::new(head).chain(input);
    if !is_gzip && !is_xz {
        return Ok(Box::new(whole));
    }
    let at = Rc::new(Cell::new(0));
    let packed = Counted { input: BufReader::with_capacity(PIECE, whole), at: Rc::clone(&at) };
    Ok(if is_gzip {
        Box::new(Unpacked { form: "gzip", decoder: MultiGzDecoder::new(packed), at })
    } else {
        Box::new(Unpacked { form: "xz", decoder: XzReader::new_mem_limit(packed, true, MOST_MEMORY), at })
    })
}

/// Compressed bytes; counts what the decoder has taken of them.
struct Counted<R> {
    input: BufReader<R>,
    at: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(to)?;
        self.at.set(self.at.get() + count as u64);
        Ok(count)
    }
}

impl<R: Read> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.at.set(self.at.get() + count as u64);
        self.input.consume(count);
    }
}

/// A decoder whose errors say what is wrong with the input, and where.
struct Unpacked<D> {
    form: &'static str,
    decoder: D,
    at: Rc<Cell<u64>>,
}

impl<D: Read> Read for Unpacked<D> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let (form, at) = (self.form, &self.at);
        self.decoder.read(to).map_err(|error| {
            let kind = error.kind();
            let said = match kind {
                // What the system says of the file itself.
                _ if error.raw_os_error().is_some() => return error,
                io::ErrorKind::UnexpectedEof => UnpackError::Cut { form, at: at.get() },
                io::ErrorKind::OutOfMemory => UnpackError::TooMuch,
                _ => UnpackError::Damaged { form, at: at.get(), what: error },
            };
            io::Error::new(kind, said)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/configs/clean").join(name)).expect(name)
    }

    /// What is read, or why nothing is.
    fn read(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        let read = unpack(Box::new(Cursor::new(bytes.to_vec()))).and_then(|mut input| input.read_to_end(&mut all));
        read.map(|_| all).map_err(|error| error.to_string())
    }

    /// The files were made by the programs gzip and xz.
    #[test]
    fn any_form_gives_the_same_bytes() {
        let (plain, gzip, xz) = (fixture("session.ami"), fixture("session.ami.gz"), fixture("session.ami.xz"));
        for form in [&plain, &gzip, &xz] {
            assert!(read(form).as_ref() == Ok(&plain));
            assert!(read(&form.repeat(2)) == Ok(plain.repeat(2)), "one behind the other");
        }
        assert_eq!(read(&[&xz[..], &[0; 8], &xz].concat()), Ok(plain.repeat(2)), "padding between streams");
        for short in [&b""[..], b"E", b"\x1f", b"\xfd7zXZ"] {
            assert_eq!(read(short), Ok(short.to_vec()));
        }
    }

    #[test]
    fn a_cut_is_noticed_wherever_it_is() {
        for (name, form, magic) in [("session.ami.gz", "gzip", GZIP), ("session.ami.xz", "xz", XZ)] {
            let whole = fixture(name);
            for end in magic.len()..whole.len() {
                let said = format!("its {form} data ends too early, after {end} bytes");
                assert_eq!(read(&whole[..end]), Err(said), "{name}");
            }
        }
    }

    #[test]
    fn damage_is_noticed_and_told_where() {
        let plain = fixture("session.ami");
        for (name, form, magic) in [("session.ami.gz", "gzip", GZIP), ("session.ami.xz", "xz", XZ)] {
            let whole = fixture(name);
            for at in magic.len()..whole.len() {
                let mut bytes = whole.clone();
                bytes[at] ^= 0x10;
                match read(&bytes) {
                    // Some bits of gzip mean nothing: the time in the header, what fills the last byte.
                    Ok(same) => assert!(form == "gzip" && same == plain, "{name}: byte {at}"),
                    Err(said) => assert!(said.starts_with(&format!("its {form} data ")), "{name}: byte {at}: {said}"),
                }
            }
        }
        let said = read(&[&fixture("session.ami.gz")[..], b"Event: A\r\n"].concat());
        assert!(said.as_ref().is_err_and(|said| said.ends_with("invalid gzip header")), "{said:?}");
    }

    #[test]
    fn what_is_not_read_is_said() {
        for (bytes, says) in [(&b"\x28\xb5\x2f\xfd\x04"[..], "with zstd"), (b"BZh91AY", "with bzip2")] {
            assert!(read(bytes).is_err_and(|said| said.contains(says)), "{says}");
        }
    }

    /// A stream whose block asks for a dictionary, written by hand: nobody makes such files.
    #[test]
    fn memory_is_bounded_by_the_header() {
        let asks = |dictionary: u8| {
            let mut header = vec![2, 0, 0x21, 1, dictionary, 0, 0, 0];
            let mut crc = flate2::Crc::new();
            crc.update(&header);
            header.extend(crc.sum().to_le_bytes());
            let start = &fixture("session.ami.xz")[..12];
            read(&[start, &header, &[0; 64]].concat()).expect_err("no whole stream")
        };
        // Odd numbers are three quarters of the next power of two: 30 is 128 MiB, 40 is 4 GiB.
        assert!(asks(30).contains("is damaged"), "{}", asks(30));
        for dictionary in [31, 32, 40] {
            assert!(asks(dictionary).contains("more than 128 MiB"), "{}", asks(dictionary));
        }
    }
}
