//! POSIX extended expressions made from a seed, and texts that they nearly match.

use super::generate::Seed;

const PLAIN: &[&[u8]] =
    &[b"a", b"a", b"b", b"b", b"c", b"B", b"1", b"_", b"-", b" ", b":", b"\r", b"\n", b",", b"}", b"]"];
const WIDE: &[&[u8]] = &[
    "é".as_bytes(),
    "ß".as_bytes(),
    "Ω".as_bytes(),
    "٣".as_bytes(),
    "«".as_bytes(),
    "\u{a0}".as_bytes(),
    "\u{2003}".as_bytes(),
    "ǅ".as_bytes(),
    "€".as_bytes(),
    "😀".as_bytes(),
    b"\xe9",
    b"\xa9",
    b"\xc3",
    b"\xff",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xf4\x90\x80\x80",
    b"\xc0\x80",
];
const ODD: &[&[u8]] = &[
    b"*", b"+", b"?", b"{", b"}", b"{2", b"{,", b"{2,1}", b"(", b")", b"[", b"[^", b"]", b"\\", b"|", b"{1\\,2}",
    b"{\\02}", b"\\d", b"\\.", b"\\\\", b"{0}", b"{,2}", b"{1,}", b"{}", b"{1,2,3}", b"[[", b":]", b"-", b"--", b"\\0",
];
const IN_BRACKETS: &[&[u8]] = &[
    b"a-b",
    b"a-c",
    b"[:alpha:]",
    b"[:digit:]",
    b"[:space:]",
    b"[:punct:]",
    b"[:upper:]",
    b"[:lower:]",
    b"[:alnum:]",
    b"[:blank:]",
    b"[:cntrl:]",
    b"[:graph:]",
    b"[:print:]",
    b"[:xdigit:]",
    b"[=a=]",
    b"[.-.]",
    b"[.a.]",
    b"-",
    b"--",
    b"---",
    b"^",
    b"[",
    b"\\",
    b"\xe9-\xff",
    b" -~",
    b"a-\xff",
    b"[.ab.]",
    b"[:foo:]",
    b"[=",
    b"[.",
    b"b-a",
    b"*",
    b"+--",
    b"[.a.]-[.c.]",
    b"\x80-\xff",
    b"a-[=c=]",
];

fn letter(seed: &mut Seed) -> &'static [u8] {
    if seed.once_in(4) { seed.pick(WIDE) } else { seed.pick(PLAIN) }
}

/// An expression without references back, on which the C library is never slow.
pub fn pattern(seed: &mut Seed) -> Vec<u8> {
    let mut pattern = Vec::new();
    alternatives(seed, &mut pattern, &mut [], 2, &mut 0, false);
    pattern
}

/// An expression, and texts to try it on: some that it was made for, changed a little, and some at random.
pub fn case(seed: &mut Seed) -> (Vec<u8>, Vec<Vec<u8>>) {
    let (mut pattern, mut groups) = (Vec::new(), 0);
    let mut samples: Vec<Vec<u8>> = vec![Vec::new(); 6];
    let refers_back = seed.once_in(10);
    alternatives(seed, &mut pattern, &mut samples, 3, &mut groups, refers_back);
    if seed.once_in(6) {
        let at = seed.below(pattern.len() + 1);
        let odd = seed.pick(ODD);
        pattern.splice(at..at, odd.iter().copied());
    }
    let mut texts = Vec::new();
    for mut text in samples {
        if seed.once_in(2) {
            let at = seed.below(text.len() + 1);
            if seed.once_in(2) || at == text.len() {
                text.splice(at..at, letter(seed).iter().copied());
            } else {
                text.remove(at);
            }
        }
        texts.push(text);
    }
    for _ in 0..4 {
        let count = seed.below(8);
        texts.push((0..count).flat_map(|_| letter(seed).iter().copied()).collect());
    }
    // glibc takes exponential time on references back.
    let longest = if refers_back { 10 } else { 40 };
    texts.iter_mut().for_each(|text| text.truncate(longest));
    (pattern, texts)
}

fn alternatives(
    seed: &mut Seed,
    out: &mut Vec<u8>,
    samples: &mut [Vec<u8>],
    depth: usize,
    groups: &mut usize,
    back: bool,
) {
    let branches = if seed.once_in(3) { 2 } else { 1 };
    let starts: Vec<usize> = samples.iter().map(Vec::len).collect();
    for branch in 0..branches {
        let mut own: Vec<Vec<u8>> = samples.iter().zip(&starts).map(|(text, &start)| text[..start].to_vec()).collect();
        if branch > 0 {
            out.push(b'|');
        }
        for _ in 0..seed.below(4) + usize::from(!seed.once_in(8)) {
            atom(seed, out, &mut own, depth, groups, back);
        }
        for (sample, own) in samples.iter_mut().zip(own) {
            if branch == 0 || seed.once_in(2) {
                *sample = own;
            }
        }
    }
}

fn atom(seed: &mut Seed, out: &mut Vec<u8>, samples: &mut [Vec<u8>], depth: usize, groups: &mut usize, back: bool) {
    let starts: Vec<usize> = samples.iter().map(Vec::len).collect();
    match seed.below(if back { 16 } else { 14 }) {
        0..=3 => {
            let text = letter(seed);
            out.extend(text);
            samples.iter_mut().for_each(|sample| sample.extend(text));
        }
        4 => {
            out.push(b'.');
            samples.iter_mut().for_each(|sample| sample.extend(letter(seed)));
        }
        5..=6 => brackets(seed, out, samples),
        7 => {
            out.extend(seed.pick::<[u8]>(&[b"\\w", b"\\W", b"\\s", b"\\S"]));
            samples.iter_mut().for_each(|sample| sample.extend(letter(seed)));
        }
        8 => {
            out.extend(seed.pick::<[u8]>(&[b"^", b"$", b"\\b", b"\\B", b"\\<", b"\\>", b"\\`", b"\\'"]));
            return;
        }
        9..=13 if depth > 0 => {
            out.push(b'(');
            *groups += 1;
            alternatives(seed, out, samples, depth - 1, groups, back);
            out.push(b')');
        }
        14.. if *groups > 0 => {
            let number = 1 + seed.below(*groups);
            out.extend(format!("\\{}", number.min(9)).bytes());
            samples.iter_mut().for_each(|sample| {
                let end = sample.len();
                let take = seed.below(3).min(end);
                sample.extend_from_within(end - take..);
            });
        }
        _ => {
            out.push(b'a');
            samples.iter_mut().for_each(|sample| sample.push(b'a'));
        }
    }
    if seed.once_in(3) {
        let operator =
            seed.pick::<[u8]>(&[b"*", b"+", b"?", b"{2}", b"{0,2}", b"{1,}", b"{,2}", b"{0}", b"{1,3}", b"**", b"*"]);
        out.extend(operator);
        for (sample, start) in samples.iter_mut().zip(starts) {
            let piece = sample[start..].to_vec();
            sample.truncate(start);
            (0..seed.below(4)).for_each(|_| sample.extend(&piece));
        }
    }
}

fn brackets(seed: &mut Seed, out: &mut Vec<u8>, samples: &mut [Vec<u8>]) {
    out.push(b'[');
    if seed.once_in(3) {
        out.push(b'^');
    }
    if seed.once_in(8) {
        out.push(b']');
    }
    let mut first = b"a".as_slice();
    for _ in 0..=seed.below(3) {
        first = if seed.once_in(2) { letter(seed) } else { seed.pick(IN_BRACKETS) };
        out.extend(first);
    }
    out.push(b']');
    samples.iter_mut().for_each(|sample| sample.extend(if seed.once_in(2) { letter(seed) } else { &first[..1] }));
}
