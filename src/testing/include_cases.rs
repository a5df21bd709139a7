//! Cases whose root includes other files.

use super::cases::{Files, ODDITIES, dense, latin};
use super::generate::Seed;

/// Files that may be there to be included.
pub(super) const NAMES: &[&str] =
    &["a.conf", "b.conf", "d/1.conf", "d/2.conf", "d/.h.conf", "e e.conf", "d/d/1.conf", "[a].conf", "{a}.conf"];
const KEYWORDS: &[&str] = &[
    "#include ",
    "#include ",
    "#include ",
    "#tryinclude ",
    "#tryinclude ",
    "#tryinclude ",
    "#INCLUDE\t",
    "#TryInclude  ",
    "# include ",
    "#include\u{a0}",
];
const TARGETS: &[&str] = &[
    "a.conf",
    "b.conf",
    "d/1.conf",
    "a.conf",
    "b.conf",
    "d/*.conf",
    "\"a.conf\"",
    "<b.conf>",
    "*.conf",
    "d/*",
    "d/[12].conf",
    "d/?.conf",
    "{a,b}.conf",
    "d/{2,1}.conf",
    "d/{1,3}.conf",
    "case.conf",
    "none.conf",
    "d",
    "d/",
    "d/none*",
    "*/1.conf",
    "d/.*.conf",
    "./a.conf",
    "d/./1.conf",
    "d//1.conf",
    "'a.conf'",
    "\"a.conf",
    "\"",
    "<",
    "e e.conf",
    "\"e e.conf\"",
    "{ETC}/a.conf",
    "{ETC}/d/*.conf",
    "a.conf/",
    "A.conf",
    "\\a.conf",
    "d/[!1].conf",
    "[[]a].conf",
    "[a].conf",
    "\\[a\\].conf",
    "{a}.conf",
    "a.conf ; c",
    "a.conf;--h--;",
    "a.conf\0x",
    "{a.conf,}",
    "{,d/}1.conf",
    "*/*/1.conf",
    "d*/1.conf",
    "d/[[:digit:]].conf",
    "d/[1-2].conf",
    "d/{1,2}",
    "**.conf",
    "*.conf*",
    "a.con[f",
];

/// Parts of patterns. None begins with `/`, nor does any make `..` of what stands before it.
const GLOBS: &[&str] = &[
    "*",
    "*",
    "?",
    "d/",
    "d/*",
    ".conf",
    "a",
    "b",
    "1",
    "{",
    ",",
    "}",
    "[",
    "]",
    "[ab]",
    "[!a]",
    "[^1]",
    "[a-d]",
    "[1-2]",
    "\\",
    "{a,b}",
    "{1,2}",
    "{,d/}",
    "-",
    "!",
    "[[:alpha:]]",
    "[[:digit:]]",
    "*.conf",
    "*/",
    "[]a]",
    "[[=a=]]",
    "[[.a.]-b]",
    "é",
    "[",
    "{d,e}",
    " ",
    "[[:b",
    ":]",
    "[.",
    ".]",
    "[=",
    "=]",
    "[[:alpha",
    "[[:no:]a]",
    "[a[.no.]]",
];

/// A root and some of the files of [`NAMES`], each with entries, headers and includes.
pub(super) fn including(seed: &mut Seed) -> Files {
    let mut files = Files::new();
    for name in std::iter::once("case.conf").chain(NAMES.iter().copied()) {
        let is_root = name == "case.conf";
        if !is_root && seed.once_in(4) {
            continue;
        }
        let mut text = if is_root || seed.once_in(3) { dense(seed) } else { Vec::new() };
        for _ in 0..=seed.below(if is_root { 4 } else { 2 }) {
            let line = match seed.below(4) {
                0 if !is_root => latin(seed.pick(ODDITIES)),
                1 => latin(seed.pick(&["k=1\n", "x+=2\n", "[b](a)\nk=2\n", "[a](+)\nk=3\n", "[i]\nk=4\n", "\nk=5\n"])),
                _ => directive(seed),
            };
            text.extend(line);
        }
        files.insert(name.as_bytes().to_vec(), text);
    }
    files
}

fn directive(seed: &mut Seed) -> Vec<u8> {
    let mut line = latin(seed.pick(KEYWORDS));
    if seed.once_in(40) {
        // Paths of about 255 bytes, folder included.
        line.extend(b"./".repeat(107 + seed.below(8)));
    }
    match seed.below(8) {
        0..=4 => line.extend(latin(seed.pick(&TARGETS[..7]))),
        5 => (0..=seed.below(6)).for_each(|_| line.extend(latin(seed.pick(GLOBS)))),
        _ => line.extend(latin(seed.pick(TARGETS))),
    }
    line.extend(latin(seed.pick(&["\n", "\n", "\n", "\r\n", " \n"])));
    line
}
