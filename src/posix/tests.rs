use super::*;

fn matches(pattern: &[u8], text: &[u8], units: Units) -> Result<Answer, &'static str> {
    compile(pattern, units).map(|pattern| pattern.matches(text))
}

#[test]
fn patterns_mean_what_glibc_says() {
    for (pattern, subject, want) in [
        ("foo[2-9]", "xfoo3", true),
        ("^a$", "ab", false),
        ("\\d", "d", true),
        ("\\d", "7", false),
        ("a{2}", "baa", true),
        ("a|", "", true),
        ("a)", "a)", true),
        ("()", "", true),
        ("[]a]", "]", true),
        ("[[:alpha:]-]+$", "a-", true),
        ("a**", "", true),
        ("\\.", "x", false),
        ("a{,3}b", "aab", true),
        ("a{1\\,2}", "a", true),
        ("x|(|a)y", "y", true),
        ("[[.-.]-0]", "/", true),
        ("[---]", "-", true),
        ("a^b", "a^b", false),
        ("(a)\\1", "xaa", true),
        ("(a*)b\\1$", "aabaaa", false),
        ("(a){0}\\1", "a", false),
    ] {
        let want = Ok(Answer::of(want));
        for units in [Units::Bytes, Units::Characters] {
            assert_eq!(matches(pattern.as_bytes(), subject.as_bytes(), units), want, "{pattern} on {subject}");
        }
    }
}

#[test]
fn bytes_and_characters_differ_as_in_glibc() {
    for (pattern, subject, bytes, characters) in [
        (&b"^.$"[..], "é".as_bytes(), false, true),
        (b"\\w", "é".as_bytes(), false, true),
        (b".", b"\xe9", true, false),
        (b"^.$", b"\xed\xa0\x80", false, true),
        (b"^[^a]$", b"\xed\xa0\x80", false, false),
        (b"\xa9", "é".as_bytes(), true, true),
        (b"\xa9[^a]?", "é".as_bytes(), true, false),
        (b"a\\b", "aé".as_bytes(), true, false),
        (b"a\\b", b"a\xe9", true, false),
        (b"[\xe9-\xff]", "ê".as_bytes(), false, true),
        (b"[[:alnum:]]", "٣".as_bytes(), false, true),
        (b"[[:space:]]", "\u{a0}".as_bytes(), false, false),
        ("é{2}".as_bytes(), "éé".as_bytes(), false, true),
    ] {
        assert_eq!(matches(pattern, subject, Units::Bytes), Ok(Answer::of(bytes)), "{}", pattern.escape_ascii());
        let answer = matches(pattern, subject, Units::Characters);
        assert_eq!(answer, Ok(Answer::of(characters)), "{}", pattern.escape_ascii());
    }
    assert!(compile("[a-é]".as_bytes(), Units::Bytes).is_ok());
    assert!(compile("[a-é]".as_bytes(), Units::Characters).is_err());
}

#[test]
fn patterns_that_glibc_refuses_are_refused() {
    for pattern in [
        "*a",
        "(a",
        "a{",
        "a{2,1}",
        "a{x}",
        "[a",
        "[[:foo:]]",
        "[b-a]",
        "\\",
        "^*",
        "\\b*",
        "a|*b",
        "(*a)",
        "a{40000}",
        "a\\1",
        "(a\\1)",
        "(a)|\\2",
        "[a-c-e]",
        "[[:digit:]-a]",
        "[[.hyphen.]]",
        "a{}",
        "a{1,2,3}",
    ] {
        assert!(compile(pattern.as_bytes(), Units::Bytes).is_err(), "{pattern}");
        assert!(compile(pattern.as_bytes(), Units::Characters).is_err(), "{pattern}");
    }
}

#[test]
fn what_cannot_be_told_is_said() {
    let undecided = |answer| matches!(answer, Ok(Answer::Undecided(_)));
    assert!(undecided(matches(b"a{1,30000}{1,30000}", b"aaa", Units::Bytes)));
    assert!(undecided(matches(b"(a{1,3000}){1,3000}[^b]", "é".as_bytes(), Units::Characters)));
    let deep = [b"(".repeat(4000), b"a".to_vec(), b")".repeat(4000)].concat();
    assert!(undecided(matches(&deep, b"a", Units::Bytes)));
    let text = b"ab".repeat(2000);
    assert!(undecided(matches(b"(a|b)*(a|b)*(a|b)*c\\1\\2\\3", &text, Units::Bytes)));
}
