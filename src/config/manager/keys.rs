//! Certificates and private keys: what of them decides whether OpenSSL takes them.

use std::time::Duration;

use x509_cert::Certificate;
use x509_cert::der::asn1::{AnyRef, BitStringRef, OctetStringRef, UintRef};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode as _, Header, Reader as _, SliceReader, Tag, TagNumber};
use x509_cert::spki::AlgorithmIdentifierRef;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// A public key, as far as keys can be told apart by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// The modulus.
    Rsa(Vec<u8>),
    /// The point; `None` where a private key does not say it.
    Ec(Option<Vec<u8>>),
    /// Of another kind: the algorithm.
    Other(ObjectIdentifier),
}

/// What a certificate says.
pub(super) struct Said {
    /// Whose it is.
    pub(super) key: PublicKey,
    /// It is signed by somebody else, over a hash that OpenSSL takes for broken.
    pub(super) weakly_signed: bool,
    /// Valid from, since the beginning of 1970.
    pub(super) from: Duration,
    /// Valid until.
    pub(super) until: Duration,
}

/// Signatures over MD2, MD5 and SHA-1: with RSA, DSA and ECDSA.
const WEAK_SIGNATURES: &[ObjectIdentifier] = &[
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"),
    ObjectIdentifier::new_unwrap("1.2.840.10040.4.3"),
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"),
];

/// Reads a certificate; `None` when it is none that amictl can read.
pub(super) fn certificate(der: &[u8]) -> Option<Said> {
    let certificate = Certificate::from_der(der).ok()?;
    let tbs = certificate.tbs_certificate();
    let info = tbs.subject_public_key_info();
    let bits = info.subject_public_key.raw_bytes();
    let key = match info.algorithm.oid {
        RSA => PublicKey::Rsa(modulus(bits, false)?),
        EC => PublicKey::Ec(Some(bits.to_vec())),
        other => PublicKey::Other(other),
    };
    let validity = tbs.validity();
    Some(Said {
        key,
        weakly_signed: tbs.issuer() != tbs.subject() && WEAK_SIGNATURES.contains(&tbs.signature().oid),
        from: validity.not_before.to_unix_duration(),
        until: validity.not_after.to_unix_duration(),
    })
}

/// The DER sequence that some bytes begin with, as certificates and keys are; `None` when they are none, or a part of it
/// is missing.
pub(super) fn sequence(der: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(der).ok()?;
    let header: Header = reader.decode().ok()?;
    let body = usize::try_from(u32::from(header.length())).ok()?;
    let end = usize::try_from(u32::from(reader.position())).ok()?.checked_add(body)?;
    der.get(..end).filter(|_| header.tag() == Tag::Sequence)
}

/// The public half of a private key, by the label of its PEM block; `None` when amictl cannot read it.
pub(super) fn private_key(label: &[u8], der: &[u8]) -> Option<PublicKey> {
    match label {
        b"RSA PRIVATE KEY" => modulus(der, true).map(PublicKey::Rsa),
        b"EC PRIVATE KEY" => ec_point(der).map(PublicKey::Ec),
        b"PRIVATE KEY" => {
            let (algorithm, inner) = pkcs8(der).ok()?;
            match algorithm {
                RSA => modulus(inner, true).map(PublicKey::Rsa),
                EC => ec_point(inner).map(PublicKey::Ec),
                other => Some(PublicKey::Other(other)),
            }
        }
        _ => None,
    }
}

impl PublicKey {
    /// Is it the same key? `None` when that cannot be told.
    pub(super) fn fits(&self, other: &PublicKey) -> Option<bool> {
        match (self, other) {
            (PublicKey::Ec(Some(one)), PublicKey::Ec(Some(two))) => {
                // A compressed point is `02` or `03` and the first coordinate; a whole one `04` and both.
                let first = |point: &[u8]| match point {
                    [2 | 3, x @ ..] => x.to_vec(),
                    [4, both @ ..] => both[..both.len() / 2].to_vec(),
                    other => other.to_vec(),
                };
                Some(one == two || one.len() != two.len() && first(one) == first(two))
            }
            (PublicKey::Ec(_), PublicKey::Ec(_)) => None,
            (PublicKey::Other(one), PublicKey::Other(two)) if one == two => None,
            (one, two) => Some(one == two),
        }
    }

    /// What OpenSSL's security level 2 says of its length: `Some(true)` is refused, and `None` is taken by some
    /// versions only. RSA needs 2048 bits, elliptic curves 224; 3.0 takes an RSA key of 1984 bits as well, and none of 1920.
    pub(super) fn is_weak(&self) -> Option<bool> {
        match self {
            PublicKey::Rsa(modulus) => {
                let zeros = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
                match (modulus.len() * 8).saturating_sub(zeros) {
                    2048.. => Some(false),
                    1921.. => None,
                    _ => Some(true),
                }
            }
            PublicKey::Ec(Some(point)) => {
                let coordinates = if point.first() == Some(&4) { 2 } else { 1 };
                Some(point.len().saturating_sub(1) / coordinates < 28)
            }
            _ => Some(false),
        }
    }
}

/// PKCS #1: the modulus of a public key, or of a private one, which begins with a version.
fn modulus(der: &[u8], private: bool) -> Option<Vec<u8>> {
    let body = AnyRef::from_der(der).ok().filter(|any| any.header().tag() == Tag::Sequence)?;
    let mut reader = SliceReader::new(body.value()).ok()?;
    if private {
        reader.decode::<UintRef<'_>>().ok()?;
    }
    let modulus = reader.decode::<UintRef<'_>>().ok()?;
    while !reader.is_finished() {
        reader.decode::<UintRef<'_>>().ok()?;
    }
    Some(modulus.as_bytes().to_vec())
}

/// PKCS #8: the algorithm, and the key in its own form.
fn pkcs8(der: &[u8]) -> x509_cert::der::Result<(ObjectIdentifier, &[u8])> {
    let body = AnyRef::from_der(der)?;
    let mut reader = SliceReader::new(body.value())?;
    reader.decode::<UintRef<'_>>()?;
    let algorithm: AlgorithmIdentifierRef<'_> = reader.decode()?;
    let key: &OctetStringRef = reader.decode()?;
    Ok((algorithm.oid, key.as_bytes()))
}

/// SEC 1: the public point of a private key, which need not be there. The outer `None` is a key that cannot be read.
fn ec_point(der: &[u8]) -> Option<Option<Vec<u8>>> {
    let body = AnyRef::from_der(der).ok()?;
    let mut reader = SliceReader::new(body.value()).ok()?;
    reader.decode::<UintRef<'_>>().ok()?;
    reader.decode::<&OctetStringRef>().ok()?;
    while !reader.is_finished() {
        let part: AnyRef<'_> = reader.decode().ok()?;
        let point = Tag::ContextSpecific { constructed: true, number: TagNumber(1) };
        if part.header().tag() == point {
            let bits = BitStringRef::from_der(part.value()).ok()?;
            return Some(Some(bits.raw_bytes().to_vec()));
        }
    }
    Some(None)
}
