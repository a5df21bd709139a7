//! TLS for connections, with the certificate and the key that the configuration names.
//!
//! Asterisk leaves this to OpenSSL; here it is rustls, which knows TLS 1.2 and 1.3 and of ciphers only those that agree on a
//! key for each connection. What it cannot do is said.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CipherSuite, ServerConfig, SupportedCipherSuite, version};
use tokio_rustls::TlsAcceptor;

use super::loaded::Loaded;
use crate::text::show;

/// The ciphers of TLS 1.2 that there are, by the names that OpenSSL has for them.
const CIPHERS: [(&str, CipherSuite); 6] = [
    ("ECDHE-ECDSA-AES256-GCM-SHA384", CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-ECDSA-AES128-GCM-SHA256", CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ("ECDHE-RSA-AES256-GCM-SHA384", CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-RSA-AES128-GCM-SHA256", CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-RSA-CHACHA20-POLY1305", CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
];

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The configuration names no file that can be looked for.
    #[error("the configuration names no certificate that can be found")]
    NoFile,
    /// A file cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no certificate, or no key, in a file.
    #[error("there is no {what} in `{}`", path.display())]
    Nothing {
        /// What was looked for.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Of the ciphers that are named there is none.
    #[error("amictl knows no cipher of `{0}`; OpenSSL may")]
    NoCipher(String),
    /// The key and the certificate are not taken.
    #[error("{0}")]
    Refused(#[from] rustls::Error),
}

/// What does the handshakes of a listener, until others take its place.
#[derive(Clone)]
pub struct Keys(Rc<RefCell<TlsAcceptor>>);

impl Keys {
    /// From now on handshakes are done with these.
    pub fn change(&self, other: &Keys) {
        let acceptor = other.acceptor();
        *self.0.borrow_mut() = acceptor;
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.0.borrow().clone()
    }
}

/// What makes connections secret, and what of the configuration it leaves out.
pub struct Tls {
    /// They do the handshakes.
    pub keys: Keys,
    /// What it does not do, in words.
    pub notes: Vec<String>,
}

/// TLS as a configuration asks for it.
///
/// # Errors
///
/// Why there is none.
pub fn tls(loaded: &Loaded) -> Result<Tls, TlsError> {
    let [certificate, key] = loaded.tls_files().ok_or(TlsError::NoFile)?;
    let read = |path: &PathBuf| loaded.read_file(path).map_err(|error| TlsError::Input { path: path.clone(), error });
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&read(&certificate)?).filter_map(Result::ok).collect();
    if chain.is_empty() {
        return Err(TlsError::Nothing { what: "certificate", path: certificate });
    }
    let secret = PrivateKeyDer::from_pem_slice(&read(&key)?);
    let secret = secret.map_err(|_| TlsError::Nothing { what: "private key", path: key })?;
    let options = &loaded.manager().general.tls;
    let (suites, mut notes) = ciphers(options.cipher.value)?;
    let provider = CryptoProvider { cipher_suites: suites, ..ring::default_provider() };
    let versions: &[_] =
        if options.disable_v12.value { &[&version::TLS13] } else { &[&version::TLS13, &version::TLS12] };
    let builder = ServerConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(versions)?;
    let config = builder.with_no_client_auth().with_single_cert(chain, secret)?;
    if options.server_cipher_order.value {
        notes.push("`tlsservercipherorder` is always on here".to_owned());
    }
    Ok(Tls { keys: Keys(Rc::new(RefCell::new(Arc::new(config).into()))), notes })
}

/// The ciphers that `tlscipher` names, in its order; it has no say in TLS 1.3.
fn ciphers(list: &[u8]) -> Result<(Vec<SupportedCipherSuite>, Vec<String>), TlsError> {
    let all = ring::default_provider().cipher_suites;
    if list.is_empty() {
        return Ok((all, Vec::new()));
    }
    let text = String::from_utf8_lossy(list);
    let known =
        |name: &str| CIPHERS.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, suite)| *suite);
    let names: Vec<&str> = text.split([':', ',', ' ']).filter(|name| !name.is_empty()).collect();
    let is_rule = |name: &&str| !name.contains('-') || name.starts_with(['!', '-', '+', '@']);
    if names.iter().all(is_rule) {
        let note = format!("`tlscipher = {}` is a rule of OpenSSL; all ciphers that amictl has are taken", show(list));
        return Ok((all, vec![note]));
    }
    let wanted: Vec<CipherSuite> = names.iter().filter_map(|name| known(name)).collect();
    let unknown: Vec<&str> = names.iter().copied().filter(|name| known(name).is_none()).collect();
    let in_order = wanted.iter().filter_map(|wanted| all.iter().find(|suite| suite.suite() == *wanted)).copied();
    let in_order: Vec<SupportedCipherSuite> = in_order.collect();
    if in_order.is_empty() {
        return Err(TlsError::NoCipher(show(list)));
    }
    let newest = all.iter().copied().filter(|suite| suite.tls13().is_some());
    let notes = match unknown.as_slice() {
        [] => Vec::new(),
        unknown => vec![format!("amictl does not have the ciphers {}", show(unknown.join(", ").as_bytes()))],
    };
    Ok((newest.chain(in_order).collect(), notes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ciphers_are_taken_by_the_names_of_openssl() {
        let taken = |list: &str| {
            let (suites, notes) = ciphers(list.as_bytes()).map_err(|error| error.to_string())?;
            let old: Vec<CipherSuite> = suites.iter().filter(|it| it.tls13().is_none()).map(|it| it.suite()).collect();
            Ok::<_, String>((old, notes.len()))
        };
        let all = taken("").unwrap().0;
        assert_eq!(all.len(), CIPHERS.len());
        assert_eq!(taken("HIGH:!aNULL"), Ok((all, 1)));
        let one = CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
        assert_eq!(taken("AES128-SHA:ecdhe-rsa-aes128-gcm-sha256"), Ok((vec![one], 1)));
        assert_eq!(taken("ECDHE-RSA-AES128-GCM-SHA256"), Ok((vec![one], 0)));
        assert_eq!(taken("AES128-SHA"), Err("amictl knows no cipher of `AES128-SHA`; OpenSSL may".to_owned()));
    }
}
