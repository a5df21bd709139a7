//! Cipher lists: is there anything in one that OpenSSL knows?

/// What OpenSSL makes of a cipher list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ciphers {
    /// Nothing in it is a cipher: Asterisk switches TLS off.
    None,
    /// Only what some builds of OpenSSL still have.
    Old,
    /// Something in it is.
    Some,
}

/// The parts of the names of ciphers, and the words for groups of them.
const WORDS: &[&str] = &[
    "128",
    "256",
    "ADH",
    "AECDH",
    "AES",
    "AES128",
    "AES256",
    "AESCCM",
    "AESCCM8",
    "AESGCM",
    "ALL",
    "ARIA",
    "ARIA128",
    "ARIA256",
    "ARIAGCM",
    "CAMELLIA",
    "CAMELLIA128",
    "CAMELLIA256",
    "CBC",
    "CCM",
    "CCM8",
    "CHACHA20",
    "COMPLEMENTOFALL",
    "COMPLEMENTOFDEFAULT",
    "DEFAULT",
    "DH",
    "DHE",
    "DSS",
    "ECDH",
    "ECDHE",
    "ECDSA",
    "EDH",
    "EECDH",
    "FIPS",
    "GCM",
    "HIGH",
    "MD5",
    "NULL",
    "POLY1305",
    "PSK",
    "RSA",
    "SHA",
    "SHA1",
    "SHA256",
    "SHA384",
    "SRP",
    "SSLv3",
    "SUITEB128",
    "SUITEB128C2",
    "SUITEB128ONLY",
    "SUITEB192",
    "TLSv1",
    "TLSv1.0",
    "TLSv1.2",
    "aDSS",
    "aECDSA",
    "aNULL",
    "aPSK",
    "aRSA",
    "aSRP",
    "eNULL",
    "kDHE",
    "kDHEPSK",
    "kECDHE",
    "kECDHEPSK",
    "kEDH",
    "kEECDH",
    "kPSK",
    "kRSA",
    "kRSAPSK",
    "kSRP",
];

/// Words that OpenSSL has dropped, or has only where it was built to.
const OLD_WORDS: &[&str] =
    &["3DES", "CBC3", "DES", "EXP", "EXPORT", "GOST2012", "GOST89", "IDEA", "LOW", "MEDIUM", "RC2", "RC4", "SEED"];

/// Names of parts of ciphers that are none by themselves.
const NO_GROUPS: &[&str] = &["128", "256", "CBC", "CCM", "CCM8", "GCM", "POLY1305"];

/// Judges a list: items between `:`, `,`, `;` or blanks; `+` in an item joins groups, `!`, `-` or `+` before one takes
/// away or moves what is there. Names of TLS 1.3 are none here, and letter case counts.
///
/// Source: `SSL_CTX_set_cipher_list` of OpenSSL, which main/tcptls.c calls; recorded on 16.28.0 to 23.4.1, words tried
/// on OpenSSL 3.0.
pub(super) fn judge(list: &[u8]) -> Ciphers {
    let items = list.split(|byte| b": ;,".contains(byte));
    items.map(item).max().unwrap_or(Ciphers::None)
}

fn item(item: &[u8]) -> Ciphers {
    if item.is_empty() || b"!-+@".contains(&item[0]) {
        return Ciphers::None;
    }
    item.split(|&byte| byte == b'+').map(name).min().unwrap_or(Ciphers::None)
}

/// A cipher or a group of them.
fn name(name: &[u8]) -> Ciphers {
    let Ok(name) = std::str::from_utf8(name) else { return Ciphers::None };
    if NO_GROUPS.contains(&name) {
        return Ciphers::None;
    }
    let word = |word: &str| match word {
        word if WORDS.contains(&word) => Ciphers::Some,
        word if OLD_WORDS.contains(&word) => Ciphers::Old,
        _ => Ciphers::None,
    };
    name.split('-').map(word).min().unwrap_or(Ciphers::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_known_name_is_enough() {
        for (list, want) in [
            ("NOSUCH:ECDHE-RSA-AES128-GCM-SHA256", Ciphers::Some),
            ("HIGH:!aNULL", Ciphers::Some),
            ("EECDH+AESGCM,EDH+AESGCM", Ciphers::Some),
            ("NOSUCH AES256-SHA", Ciphers::Some),
            ("ECDHE-ECDSA-CHACHA20-POLY1305", Ciphers::Some),
            ("TLS_AES_256_GCM_SHA384", Ciphers::None),
            ("NOSUCH", Ciphers::None),
            ("ECDHE+NOSUCH", Ciphers::None),
            ("!aNULL:-HIGH:@STRENGTH:+RSA", Ciphers::None),
            ("high", Ciphers::None),
            ("\"HIGH\"", Ciphers::None),
            ("RC4-SHA:DES-CBC3-SHA", Ciphers::Old),
        ] {
            assert_eq!(judge(list.as_bytes()), want, "{list}");
        }
    }
}
