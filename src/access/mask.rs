//! The mask of a session: which classes of events it asks for.

use super::login::header_value;
use crate::config::manager::classes::Classes;
use crate::config::manager::{atoi, truth};

/// What a value of the header `Events` of a login, or `EventMask` of the action Events, asks for; nothing for what is no
/// mask: then a login asks for everything, and the action is refused.
///
/// A number is a mask of bits, `on` and its like mean everything, `off` and its like nothing, and all else is a list of
/// classes as `read` has it. Asterisk: `strings_to_mask` in main/manager.c, measured on 16.28.0 to 23.4.1.
pub fn mask(value: &[u8]) -> Option<Classes> {
    let value = header_value(value);
    let is = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    match () {
        () if value.is_empty() => None,
        () if value.iter().all(u8::is_ascii_digit) => match atoi(value) {
            -1 => None,
            bits => Some(Classes::of_bits(bits.cast_unsigned())),
        },
        () if is(&["no", "false", "n", "f", "0", "off"]) => Some(Classes::NONE),
        () if truth(value) => Some(Classes::ALL),
        () => Some(Classes::parse(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the actions and logins that were tried on 16.28.0 and 22.10.1.
    #[test]
    fn values_ask_for_what_they_did() {
        for (value, user, system) in [
            ("on", true, true),
            ("off", false, false),
            ("ON", true, true),
            ("yes", true, true),
            ("f", false, false),
            ("1", false, true),
            ("0", false, false),
            ("2", false, false),
            ("64", true, false),
            ("65", true, true),
            ("user", true, false),
            ("user, system", true, false),
            ("All", false, false),
            ("none", false, false),
            ("u,x", true, false),
            (",", true, true),
            ("user,", true, false),
            ("-1", false, false),
            ("2147483647", true, true),
            ("4294967360", true, false),
            ("99999999999", true, true),
            ("  user", true, false),
            ("user ", false, false),
            ("+64", false, false),
            ("0x40", false, false),
            ("64,x", false, false),
        ] {
            let mask = mask(value.as_bytes()).expect(value);
            assert_eq!((mask.has("user"), mask.has("system")), (user, system), "{value:?}");
        }
        assert_eq!((mask(b""), mask(b"  "), mask(b"4294967295")), (None, None, None));
    }
}
