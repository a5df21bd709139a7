//! The certificate and the key of the TLS listener, as OpenSSL would judge them when Asterisk starts.

use std::path::PathBuf;

use super::ciphers::{self, Ciphers};
use super::general::Tls;
use super::keys::{self, PublicKey, Said};
use super::pem::{self, Block, Header};
use crate::config::{Origin, World};
use crate::host::{FileKind, path_of};
use crate::text::show;

/// What becomes of `tlsenable = yes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Does Asterisk switch TLS on?
    pub verdict: Verdict,
    /// What Asterisk takes without a word, and clients do not.
    pub warnings: Vec<Trouble>,
}

/// Does Asterisk switch TLS on?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Usable,
    /// No: it logs an error, and goes on without TLS.
    Refused(Trouble),
    /// That cannot be told from here.
    Unknown(Trouble),
}

/// Something about a certificate, a key or a cipher list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub kind: TroubleKind,
    /// In words, as a lower-case phrase.
    pub why: String,
    /// The line that names it; `None` for a default.
    pub at: Option<Origin>,
}

/// What can be wrong with a certificate, a key or a cipher list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// The path is relative: to the working directory of Asterisk, not to its configuration.
    RelativePath,
    /// The path stands in quotes, which belong to it.
    QuotedPath,
    /// `tlscertfile` is empty: TLS runs, and every handshake fails.
    NoFile,
    /// The file is not here to be looked at.
    NotHere,
    /// The file is not there.
    Missing,
    /// The file cannot be read.
    Unreadable,
    /// A binary file (DER) where PEM is asked for.
    Der,
    /// No certificate in the file.
    NoCertificate,
    /// No private key in the file.
    NoKey,
    /// A PEM block that is broken.
    Broken,
    /// A key with a passphrase, for which Asterisk cannot ask.
    Encrypted,
    /// A key that is too short, or a signature over a hash that is broken.
    Weak,
    /// The key is not that of the certificate.
    Mismatch,
    /// No cipher in the list that OpenSSL knows.
    NoCipher,
    /// Of a kind that amictl cannot judge.
    NotUnderstood,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The key may be read by everybody on the machine.
    ReadByAll,
}

/// A file that is named, and the line that names it.
#[derive(Clone, Copy)]
struct Named<'t> {
    what: &'static str,
    path: &'t [u8],
    at: Option<Origin>,
}

impl Named<'_> {
    fn trouble(self, kind: TroubleKind, why: &str) -> Trouble {
        Trouble { kind, why: format!("the {} `{}` {why}", self.what, show(self.path)), at: self.at }
    }

    fn refused(self, kind: TroubleKind, why: &str) -> Verdict {
        Verdict::Refused(self.trouble(kind, why))
    }

    fn unknown(self, kind: TroubleKind, why: &str) -> Verdict {
        Verdict::Unknown(self.trouble(kind, why))
    }

    /// Where the file is, or what ends the judgement.
    fn place(self, world: &World<'_>) -> Result<PathBuf, Verdict> {
        if matches!(self.path, [b'"' | b'\'', ..]) {
            return Err(self.refused(TroubleKind::QuotedPath, "is not there: the quotes are a part of its name"));
        }
        let Some(rest) = self.path.strip_prefix(b"/") else {
            let why = "is looked for in the working directory of Asterisk, which is not known";
            return Err(self.unknown(TroubleKind::RelativePath, why));
        };
        let place = world.place();
        Ok(match world.under_etc(self.path) {
            Some(inner) => place.etc.join(path_of(inner)),
            None => place.root.as_deref().unwrap_or("/".as_ref()).join(path_of(rest)),
        })
    }

    /// The bytes of the file, or what ends the judgement.
    fn read(self, world: &World<'_>) -> Result<Vec<u8>, Verdict> {
        let full = self.place(world)?;
        match world.host.kind(&full) {
            None if world.place().complete => Err(self.refused(TroubleKind::Missing, "is not there")),
            None => Err(self.unknown(TroubleKind::NotHere, "is not here to be looked at")),
            Some(FileKind::Directory) => Err(self.refused(TroubleKind::Unreadable, "is a directory")),
            Some(FileKind::Other) => Err(self.unknown(TroubleKind::NotUnderstood, "is no regular file")),
            Some(FileKind::Regular) => {
                let bytes = world.host.read(&full);
                bytes.map_err(|_| self.unknown(TroubleKind::Unreadable, "cannot be read by amictl"))
            }
        }
    }
}

/// Judges what a TLS listener is given, in Asterisk's order: certificate, key, cipher list.
///
/// Source: `__ssl_setup` (main/tcptls.c), all releases, and OpenSSL at security level 2, the default of Debian and of
/// OpenSSL 3.2; recorded on 16.28.0 to 23.4.1.
pub fn judge(world: &World<'_>, tls: &Tls<'_>) -> Judgement {
    let mut warnings = Vec::new();
    let verdict = match files(world, tls, &mut warnings).and_then(|()| cipher(tls)) {
        Ok(()) => Verdict::Usable,
        Err(verdict) => verdict,
    };
    Judgement { verdict, warnings }
}

/// The files of the certificate and of the key, for who is to use them; a relative path is one from the working directory.
/// Nothing where no such file can be named.
pub fn paths(world: &World<'_>, tls: &Tls<'_>) -> Option<[PathBuf; 2]> {
    let path = |what, path: &[u8], at| {
        let named = Named { what, path, at };
        named.place(world).ok().or_else(|| path.first().filter(|byte| !b"/\"'".contains(byte)).map(|_| path_of(path)))
    };
    let certificate = path("certificate", tls.certfile.value, tls.certfile.at)?;
    match tls.privatekey.value {
        b"" => Some([certificate.clone(), certificate]),
        key => Some([certificate, path("key", key, tls.privatekey.at)?]),
    }
}

fn files(world: &World<'_>, tls: &Tls<'_>, warnings: &mut Vec<Trouble>) -> Result<(), Verdict> {
    let cert = Named { what: "certificate", path: tls.certfile.value, at: tls.certfile.at };
    if cert.path.is_empty() {
        let why = "tlscertfile is empty: every handshake fails".to_owned();
        warnings.push(Trouble { kind: TroubleKind::NoFile, why, at: cert.at });
        return Ok(());
    }
    let cert_bytes = cert.read(world)?;
    let public = certificate(world, cert, &cert_bytes, warnings)?;
    let key = match tls.privatekey.value {
        b"" => Named { what: "key", ..cert },
        path => Named { what: "key", path, at: tls.privatekey.at },
    };
    private_key(key, &key.read(world)?, &public)?;
    if world.rights_of_all(&key.place(world)?).is_some_and(|all| all.read) {
        warnings.push(key.trouble(TroubleKind::ReadByAll, "may be read by everybody on the machine"));
    }
    Ok(())
}

/// The public key of the first certificate of a file; those behind it are its chain.
fn certificate(
    world: &World<'_>,
    named: Named<'_>,
    bytes: &[u8],
    warnings: &mut Vec<Trouble>,
) -> Result<PublicKey, Verdict> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(named.unknown(TroubleKind::NotUnderstood, "begins with a byte order mark: some OpenSSL skip it"));
    }
    let mut first = None;
    for block in pem::blocks(bytes) {
        let broken = || named.refused(TroubleKind::Broken, "has a broken PEM block");
        let der = block.bytes.as_deref().ok_or_else(broken)?;
        let trusted = block.label == b"TRUSTED CERTIFICATE";
        if !trusted && !matches!(block.label, b"CERTIFICATE" | b"X509 CERTIFICATE") {
            continue;
        }
        let whole = keys::sequence(der).filter(|_| block.header == Header::None).ok_or_else(broken)?;
        // What makes a certificate a trusted one stands behind it.
        let Some(said) = keys::certificate(if trusted { whole } else { der }) else {
            return Err(named.unknown(TroubleKind::NotUnderstood, "holds a certificate that amictl cannot read"));
        };
        long_enough(named, &said)?;
        if first.is_none() {
            let now = world.host.now();
            if now > said.until {
                warnings.push(named.trouble(TroubleKind::Expired, "has expired"));
            } else if now < said.from {
                warnings.push(named.trouble(TroubleKind::NotYetValid, "is not valid yet"));
            }
            first = Some(said.key);
        }
    }
    first.ok_or_else(|| match bytes {
        [0x30, length, ..] if *length >= 0x80 => named.refused(TroubleKind::Der, "is DER: PEM is needed"),
        _ => named.refused(TroubleKind::NoCertificate, "holds no certificate"),
    })
}

/// OpenSSL judges the length of keys and the hash of signatures before it takes a certificate.
fn long_enough(named: Named<'_>, said: &Said) -> Result<(), Verdict> {
    match said.key.is_weak() {
        Some(true) => return Err(named.refused(TroubleKind::Weak, "has a key that is too short for OpenSSL")),
        None => return Err(named.unknown(TroubleKind::Weak, "has a key that is too short for some OpenSSL")),
        Some(false) => {}
    }
    match said.weakly_signed {
        true => Err(named.refused(TroubleKind::Weak, "is signed over a hash that OpenSSL refuses")),
        false => Ok(()),
    }
}

/// Judges the first private key of a file.
fn private_key(named: Named<'_>, bytes: &[u8], public: &PublicKey) -> Result<(), Verdict> {
    let blocks = pem::blocks(bytes);
    let is_key = |block: &Block<'_>| block.label.ends_with(b"PRIVATE KEY");
    let Some(block) = blocks.iter().find(|block| is_key(block) || block.bytes.is_none()) else {
        return Err(match bytes {
            [0x30, length, ..] if *length >= 0x80 => named.refused(TroubleKind::Der, "is DER: PEM is needed"),
            _ => named.refused(TroubleKind::NoKey, "holds no private key"),
        });
    };
    if !is_key(block) {
        return Err(named.unknown(TroubleKind::Broken, "has a broken PEM block: some OpenSSL skip it"));
    }
    if block.header == Header::Encrypted || block.label == b"ENCRYPTED PRIVATE KEY" {
        return Err(named.refused(TroubleKind::Encrypted, "has a passphrase, for which Asterisk cannot ask"));
    }
    let sound = block.bytes.as_deref().filter(|_| block.header == Header::None);
    let Some(der) = sound.filter(|der| keys::sequence(der).is_some()) else {
        return Err(named.refused(TroubleKind::Broken, "has a broken PEM block"));
    };
    match keys::private_key(block.label, der).map(|key| key.fits(public)) {
        None => Err(named.unknown(TroubleKind::NotUnderstood, "is of a kind that amictl cannot read")),
        Some(None) => {
            let why = "does not say its public half: amictl cannot tell whether it is that of the certificate";
            Err(named.unknown(TroubleKind::NotUnderstood, why))
        }
        Some(Some(false)) => Err(named.refused(TroubleKind::Mismatch, "is not that of the certificate")),
        Some(Some(true)) => Ok(()),
    }
}

fn cipher(tls: &Tls<'_>) -> Result<(), Verdict> {
    let list = tls.cipher.value;
    let trouble =
        |kind, why: &str| Trouble { kind, why: format!("the cipher list `{}` {why}", show(list)), at: tls.cipher.at };
    match ciphers::judge(list) {
        _ if list.is_empty() => Ok(()),
        Ciphers::Some => Ok(()),
        Ciphers::Old => {
            let why = "has only ciphers that some builds of OpenSSL do not have";
            Err(Verdict::Unknown(trouble(TroubleKind::NoCipher, why)))
        }
        Ciphers::None => Err(Verdict::Refused(trouble(TroubleKind::NoCipher, "has none that OpenSSL knows"))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::manager::general::General;
    use crate::config::{self, Place};
    use crate::host::{Memory, Rights};
    use crate::release::Release;
    use crate::text::Files;

    const YEAR: u64 = 31_556_952;

    /// The troubles with some of the files of fixtures/manager/tls: those that decide, then the warnings.
    fn troubles(lines: &str, complete: bool, year: u64) -> Vec<TroubleKind> {
        let mut host = Memory::default();
        let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/manager/tls");
        for entry in std::fs::read_dir(fixtures).expect("fixtures").flatten() {
            host.add(
                format!("/etc/asterisk/{}", entry.file_name().to_string_lossy()),
                std::fs::read(entry.path()).expect("a file"),
            );
        }
        host.add("/etc/asterisk/der.pem", [0x30, 0x82, 1, 2]).add("/etc/asterisk/no.pem", "nothing\n");
        host.add("/etc/asterisk/bad.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
        host.add("/etc/asterisk/cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
        host.set_now(Duration::from_secs((year - 1970) * YEAR));
        let files = Files::default();
        let text = format!("[general]\ntlsenable=yes\n{lines}\n").replace('@', "/etc/asterisk/");
        let root = files.add("manager.conf".into(), "/etc/asterisk/manager.conf".into(), text.into()).id();
        let world = World::new(&files, &host, Place { etc: "/etc/asterisk".into(), root: None, complete });
        let effective = config::load(&world, root, Release::newest_lts());
        let judgement = judge(&world, &General::read(&effective, Release::newest_lts()).tls);
        let decides = match judgement.verdict {
            Verdict::Usable => None,
            Verdict::Refused(trouble) => Some(trouble.kind),
            Verdict::Unknown(trouble) => {
                let unknown = [
                    TroubleKind::RelativePath,
                    TroubleKind::NotHere,
                    TroubleKind::NotUnderstood,
                    TroubleKind::Unreadable,
                    TroubleKind::NoCipher,
                ];
                assert!(unknown.contains(&trouble.kind));
                Some(trouble.kind)
            }
        };
        decides.into_iter().chain(judgement.warnings.iter().map(|trouble| trouble.kind)).collect()
    }

    #[test]
    fn a_key_that_everybody_reads_is_told() {
        let mut host = Memory::default();
        let both = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/manager/tls/both.pem");
        host.add("/etc/asterisk/both.pem", std::fs::read(both).expect("a file"));
        host.set_rights("/etc/asterisk/both.pem", Rights { read: true, write: false });
        host.set_now(Duration::from_secs(57 * YEAR));
        let files = Files::default();
        let text = "[general]\ntlsenable=yes\ntlscertfile=/etc/asterisk/both.pem\n";
        let root = files.add("manager.conf".into(), "/etc/asterisk/manager.conf".into(), text.into()).id();
        for complete in [true, false] {
            let world = World::new(&files, &host, Place { etc: "/etc/asterisk".into(), root: None, complete });
            let effective = config::load(&world, root, Release::newest_lts());
            let warnings = judge(&world, &General::read(&effective, Release::newest_lts()).tls).warnings;
            let is_told = warnings.iter().any(|trouble| trouble.kind == TroubleKind::ReadByAll && trouble.at.is_some());
            assert_eq!(is_told, complete);
        }
    }

    #[test]
    fn certificates_and_keys_are_judged_as_openssl_judges_them() {
        for (lines, want) in [
            ("tlscertfile=@both.pem", None),
            ("tlscertfile=@c1.pem\ntlsprivatekey=@k1.pem", None),
            ("tlscertfile=@c1.pem\ntlsprivatekey=@k1-pkcs1.pem", None),
            ("tlscertfile=@ec.pem", None),
            ("tlscertfile=@ec.pem\ntlsprivatekey=@k-ec-pkcs8.pem", None),
            ("tlscertfile=@ed.pem", Some(TroubleKind::NotUnderstood)),
            ("", Some(TroubleKind::RelativePath)),
            ("tlscertfile=both.pem", Some(TroubleKind::RelativePath)),
            ("tlscertfile=\"@both.pem\"", Some(TroubleKind::QuotedPath)),
            ("tlscertfile=", Some(TroubleKind::NoFile)),
            ("tlscertfile=@nope.pem", Some(TroubleKind::Missing)),
            ("tlscertfile=/etc/asterisk", Some(TroubleKind::Unreadable)),
            ("tlscertfile=@c1.pem", Some(TroubleKind::NoKey)),
            ("tlscertfile=@c1.pem\ntlsprivatekey=@nope.pem", Some(TroubleKind::Missing)),
            ("tlscertfile=@k1.pem", Some(TroubleKind::NoCertificate)),
            ("tlscertfile=@no.pem", Some(TroubleKind::NoCertificate)),
            ("tlscertfile=@der.pem", Some(TroubleKind::Der)),
            ("tlscertfile=@bad.pem", Some(TroubleKind::Broken)),
            ("tlscertfile=@cut.pem", Some(TroubleKind::Broken)),
            ("tlscertfile=@cw.pem\ntlsprivatekey=@kw.pem", Some(TroubleKind::Weak)),
            ("tlscertfile=@cenc.pem\ntlsprivatekey=@kenc.pem", Some(TroubleKind::Encrypted)),
            ("tlscertfile=@c1.pem\ntlsprivatekey=@k1-pkcs1-encrypted.pem", Some(TroubleKind::Encrypted)),
            ("tlscertfile=@c1.pem\ntlsprivatekey=@both.pem", Some(TroubleKind::Mismatch)),
            ("tlscertfile=@c1.pem\ntlsprivatekey=@ec.pem", Some(TroubleKind::Mismatch)),
            ("tlscertfile=@both.pem\ntlscipher=TLS_AES_256_GCM_SHA384", Some(TroubleKind::NoCipher)),
        ] {
            assert_eq!(troubles(lines, true, 2100), Vec::from_iter(want), "{lines}");
        }
    }

    #[test]
    fn time_and_place_matter() {
        let expired = "tlscertfile=@cexp.pem\ntlsprivatekey=@kexp.pem";
        assert_eq!(troubles(expired, true, 2100), [TroubleKind::Expired]);
        assert_eq!(troubles(expired, true, 2000), [TroubleKind::NotYetValid]);
        assert_eq!(troubles("tlscertfile=@nope.pem", false, 2100), [TroubleKind::NotHere]);
        assert_eq!(troubles("tlscertfile=@c1.pem", false, 2100), [TroubleKind::NoKey]);
    }
}
