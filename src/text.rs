//! Bytes, and places in them: the set of files read, spans, lines and columns, and the one home of redaction.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};

use elsa::FrozenVec;

/// Bytes that are stripped around lines, names and values: 0x01 to 0x20.
///
/// Asterisk: `ast_strip`, `ast_skip_blanks` (include/asterisk/strings.h), all releases. NUL ends a line instead.
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, 1..=32)
}

/// `range` of `bytes` without the blanks at its ends.
pub fn trim(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let text = &bytes[range.clone()];
    let Some(first) = text.iter().position(|&byte| !is_blank(byte)) else { return range.start..range.start };
    let last = text.iter().rposition(|&byte| !is_blank(byte)).unwrap_or(first);
    range.start + first..range.start + last + 1
}

/// Which file of a [`Files`] set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A byte range of one file: the only way to point at text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span of `range` in `file`.
    pub fn new(file: FileId, range: Range<usize>) -> Span {
        Span { file, start: offset(range.start), end: offset(range.end) }
    }

    /// The byte range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A change to the bytes of one file: a span gives way to a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// What goes; an empty span is a place to put the text.
    pub span: Span,
    /// What comes.
    pub text: Vec<u8>,
}

/// An offset as it is stored. Files over 4 GiB are refused when they are read, so nothing is cut here.
pub fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A place as people count it: line and column from 1, the column in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

/// Every file that was read, in the order of reading. Grows while parts of it are borrowed.
#[derive(Default)]
pub struct Files {
    list: FrozenVec<Box<SourceFile>>,
    paths: RefCell<HashMap<PathBuf, FileId>>,
}

impl Files {
    /// Adds a file; `name` is what people are shown, `path` where it was read.
    pub fn add(&self, name: String, path: PathBuf, bytes: Vec<u8>) -> &SourceFile {
        let id = FileId(offset(self.list.len()));
        self.paths.borrow_mut().entry(path.clone()).or_insert(id);
        self.push(id, name, path, bytes)
    }

    /// Adds a line that stands in no file; `name` is where people are told it comes from.
    pub fn add_line(&self, name: String, bytes: Vec<u8>) -> &SourceFile {
        self.push(FileId(offset(self.list.len())), name, PathBuf::new(), bytes)
    }

    fn push(&self, id: FileId, name: String, path: PathBuf, bytes: Vec<u8>) -> &SourceFile {
        self.list.push_get(Box::new(SourceFile {
            id,
            name,
            path,
            bytes,
            lines: OnceCell::new(),
            hidden: RefCell::default(),
        }))
    }

    /// The file of an id that this set gave out.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.list[id.0 as usize]
    }

    /// The file that was read from `path`, if it was.
    pub fn find(&self, path: &Path) -> Option<&SourceFile> {
        self.paths.borrow().get(path).map(|&id| self.get(id))
    }

    /// All files, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.list.iter()
    }

    /// The bytes of a span.
    pub fn bytes(&self, span: Span) -> &[u8] {
        &self.get(span.file).bytes[span.range()]
    }

    /// `name:line` of a span's start; the name alone of a line that stands in no file.
    pub fn place(&self, span: Span) -> String {
        let file = self.get(span.file);
        if file.path.as_os_str().is_empty() {
            return file.name.clone();
        }
        format!("{}:{}", file.name, file.position(span.start as usize).line)
    }
}

/// One file that was read.
pub struct SourceFile {
    id: FileId,
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
    lines: OnceCell<Vec<u32>>,
    /// Begin and end of what is kept out of everything that is shown.
    hidden: RefCell<BTreeMap<u32, u32>>,
}

impl SourceFile {
    /// Its id in the set.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// The name that people are shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it was read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Line and column of an offset.
    pub fn position(&self, at: usize) -> Position {
        let lines = self.lines();
        let line = lines.partition_point(|&start| start as usize <= at);
        let start = lines[line - 1] as usize;
        Position { line, column: at - start + 1 }
    }

    /// The byte range of a line (from 1), without its newline; `None` behind the last one.
    pub fn line(&self, line: usize) -> Option<Range<usize>> {
        let lines = self.lines();
        let start = *lines.get(line.checked_sub(1)?)? as usize;
        let end = lines.get(line).map_or(self.bytes.len(), |&next| next as usize - 1);
        Some(start..end)
    }

    /// Keeps a range out of everything that is shown: the text of a secret that [`redacted`] cannot see by itself.
    pub fn hide(&self, range: Range<usize>) {
        let mut hidden = self.hidden.borrow_mut();
        let end = hidden.entry(offset(range.start)).or_default();
        *end = (*end).max(offset(range.end));
    }

    /// The part of a line (from 1) that must not be shown, as a range of the file.
    pub fn redacted_on(&self, line: usize) -> Option<Range<usize>> {
        let place = self.line(line)?;
        let seen = redacted(&self.bytes[place.clone()]).map(|range| place.start + range.start..place.start + range.end);
        let hidden = self.hidden.borrow();
        let own =
            hidden.range(offset(place.start)..offset(place.end)).map(|(&start, &end)| start as usize..end as usize);
        let own = own.reduce(|a, b| a.start..a.end.max(b.end)).map(|range| range.start..range.end.min(place.end));
        match (seen, own) {
            (Some(seen), Some(own)) => Some(seen.start.min(own.start)..seen.end.max(own.end)),
            (seen, own) => seen.or(own),
        }
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', &self.bytes).map(|at| offset(at + 1));
            std::iter::once(0).chain(newlines).collect()
        })
    }
}

/// What stands in place of a secret.
pub const MASK: &str = "***";

/// May text be shown as it is, or only with its secrets masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Secrets {
    /// Secrets are shown as [`MASK`].
    #[default]
    Masked,
    /// The user asked for them: `--reveal-secrets`.
    Revealed,
}

impl Secrets {
    /// The value of a key, masked when the key holds a secret.
    pub fn value<'v>(self, key: &[u8], value: &'v [u8]) -> &'v [u8] {
        match self {
            Secrets::Masked if is_secret_key(key) && !value.is_empty() || has_credentials(key, value) => {
                MASK.as_bytes()
            }
            _ => value,
        }
    }

    /// A value as it may be shown: the whole of it masked when its key holds a secret, else what looks like one in it.
    pub fn shown<'v>(self, key: &[u8], value: &'v [u8]) -> Cow<'v, [u8]> {
        let shown = self.value(key, value);
        match redacted(shown) {
            Some(range) if self == Secrets::Masked => [&shown[..range.start], MASK.as_bytes()].concat().into(),
            _ => shown.into(),
        }
    }
}

/// Does a key hold a secret: `secret` itself, its misspellings, the words people use for it, and what other files of
/// Asterisk's call theirs: `md5_cred` and `refresh_token` of pjsip.conf, `dbpass` of res_config_mysql.conf, `pin` of
/// confbridge.conf. `auth` is none: it mostly names a method, or a section.
pub fn is_secret_key(key: &[u8]) -> bool {
    let key = key.trim_ascii();
    if key.len() < 3 || key.len() > 64 {
        return false;
    }
    let lower = key.to_ascii_lowercase();
    let holds = |word: &[u8]| lower.windows(word.len()).any(|window| window == word);
    let words: [&[u8]; 9] =
        [b"pass", b"dbpass", b"pin", b"adminpin", b"token", b"apikey", b"api_key", b"md5_cred", b"md5cred"];
    let ends: [&[u8]; 4] = [b"_pass", b"_pin", b"_token", b"_api_key"];
    [&b"secret"[..], b"passw", b"pwd", b"passphrase", b"passcode"].into_iter().any(holds)
        || words.contains(&&lower[..])
        || ends.iter().any(|end| lower.ends_with(end))
        || (lower[0] == b's' && lower.len() < 10 && distance(&lower, b"secret") <= 2)
}

/// Is it `user:secret@host`, where sip.conf and iax.conf may have that?
fn has_credentials(key: &[u8], value: &[u8]) -> bool {
    let may = [&b"register"[..], b"auth"].iter().any(|name| key.eq_ignore_ascii_case(name));
    let user = value.iter().rposition(|&byte| byte == b'@').map(|end| &value[..end]).unwrap_or_default();
    may && user.iter().any(|byte| b":#".contains(byte))
}

/// Is a text, or a part of it, left for some tool to fill in: `{{ x }}`, `${X}`, `<%= x %>`, `%(x)s`, or wholly `$X`,
/// `@X@`, `__X__`, `%X%`.
pub fn is_placeholder(text: &[u8]) -> bool {
    let opens = |pair: &[u8]| matches!(pair, b"{{" | b"{%" | b"${" | b"#{" | b"<%");
    text.windows(2).any(opens) || is_enclosed(text) || is_variable(text) || has_python_name(text)
}

/// Is a line left for some tool to fill in, or to act on: `{% if x %}`, `{# a remark #}`, `@X@`?
pub fn is_template_line(line: &[u8]) -> bool {
    let begins = [&b"{%"[..], b"{{", b"{#", b"<%", b"<?", b"${", b"%%"].iter().any(|start| line.starts_with(start));
    let word = line.iter().position(|&byte| is_blank(byte) || byte == b'=').map_or(line, |end| &line[..end]);
    begins || is_enclosed(line) || word.len() > 2 && word.starts_with(b"@") && word.ends_with(b"@")
}

/// Is it `@X@`, `__X__` or `%X%`?
fn is_enclosed(text: &[u8]) -> bool {
    let is_word =
        |inner: &[u8]| !inner.is_empty() && inner.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let encloses = |mark: &[u8]| text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)).is_some_and(is_word);
    [&b"@"[..], b"__", b"%"].into_iter().any(encloses)
}

/// Is it `$X`, as envsubst fills it in?
fn is_variable(text: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    text.strip_prefix(b"$")
        .is_some_and(|name| name.first().is_some_and(|first| !first.is_ascii_digit()) && name.iter().all(is_name))
}

/// Does it hold `%(x)s`, as Python fills it in?
fn has_python_name(text: &[u8]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let at = |start: usize| {
        let length = text[start..].iter().take_while(|&byte| is_word(byte)).count();
        length > 0 && text[start + length..].starts_with(b")s")
    };
    text.windows(2).enumerate().any(|(start, pair)| pair == b"%(" && at(start + 2))
}

/// The part of a text that must not be shown: what follows a word that names a secret.
///
/// Works on raw text, so that comments, unread lines and broken lines are covered too.
pub fn redacted(line: &[u8]) -> Option<Range<usize>> {
    let end = line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut at = 0;
    let mut words = 0;
    while let Some(start) = line[at..end].iter().position(|&byte| is_word(byte)).map(|found| at + found) {
        let stop = line[start..end].iter().position(|&byte| !is_word(byte)).map_or(end, |found| start + found);
        words += 1;
        if is_secret_key(&line[start..stop]) {
            let blanks = |from: usize| line[from..end].iter().take_while(|&&byte| is_blank(byte)).count();
            let mut value = stop + blanks(stop);
            let option = start > 0 && line[start - 1] == b'-';
            let separated = line[value..end].iter().take_while(|byte| b"+=:>\"')".contains(byte)).count();
            value += separated;
            value += blanks(value);
            if value < end && (separated > 0 || words == 1 || option) {
                return Some(value..end);
            }
        }
        at = stop;
    }
    None
}

/// Bytes as people are shown them in a message: secrets masked, control bytes escaped, cut when long.
pub fn show(bytes: &[u8]) -> String {
    cut(bytes, 60)
}

/// The same, however long.
pub fn show_whole(bytes: &[u8]) -> String {
    cut(bytes, usize::MAX)
}

fn cut(bytes: &[u8], longest: usize) -> String {
    let hidden = redacted(bytes);
    let shown = &bytes[..hidden.as_ref().map_or(bytes.len(), |range| range.start)];
    let mut out = String::new();
    for (count, c) in String::from_utf8_lossy(shown).chars().enumerate() {
        if count == longest {
            out.push('…');
            return out;
        }
        match c {
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    if hidden.is_some() {
        out.push_str(MASK);
    }
    out
}

/// How many insertions, deletions, changes and swaps of neighbours turn `a` into `b`.
pub fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut row = before.clone();
    for (i, &x) in a.iter().enumerate() {
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                best = best.min(before[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str) -> String {
        match redacted(line.as_bytes()) {
            Some(range) => format!("{}{MASK}{}", &line[..range.start], &line[range.end..]),
            None => line.to_owned(),
        }
    }

    #[test]
    fn secrets_are_found_in_raw_text() {
        for (line, want) in [
            ("secret = hunter2", "secret = ***"),
            (" Secret=>hunter2;x\r\n", " Secret=>***\r\n"),
            ("secret+=tail", "secret+=***"),
            (";secret=old", ";secret=***"),
            ("secret hunter2", "secret ***"),
            ("secert=typo", "secert=***"),
            ("[general] secret=x", "[general] secret=***"),
            ("password: x", "password: ***"),
            ("#exec gen --password x y", "#exec gen --password ***"),
            ("read = call\rsecret=x\rwrite=all", "read = call\rsecret=***"),
            ("setvar=PASSWORD=x", "setvar=PASSWORD=***"),
            ("; see the secret of bob", "; see the secret of bob"),
            ("#include secret.conf", "#include secret.conf"),
            ("read = system", "read = system"),
            ("secret=", "secret="),
        ] {
            assert_eq!(masked(line), want, "{line:?}");
        }
    }

    #[test]
    fn keys_of_secrets_are_known() {
        let of_manager_users_sip_and_iax = "secret Secret\t vmsecret md5secret remotesecret dbsecret";
        let of_pjsip = "password password_digest md5_cred Md5Cred oauth_secret refresh_token";
        let of_others =
            "pass dbpass db_pass passwd pwd auth_password turnpassword imappassword passphrase pin admin_pin";
        let of_setvar = "TOKEN API_TOKEN APIKEY CRM_API_KEY PASSCODE";
        for key in [of_manager_users_sip_and_iax, of_pjsip, of_others, of_setvar].iter().flat_map(|it| it.split(' ')) {
            assert!(is_secret_key(key.as_bytes()), "{key}");
        }
        let names =
            "tlsprivatekey priv_key_file auth auth_type outbound_auth oauth_clientid bypass ping pinmode key inkeys";
        for key in names.split(' ').chain(["tokens_file", "permit", "username", "authtimeout", "md5"]) {
            assert!(!is_secret_key(key.as_bytes()), "{key}");
        }
    }

    #[test]
    fn secrets_behind_users_are_masked() {
        let shown = |key: &str, value| Secrets::Masked.value(key.as_bytes(), value);
        assert_eq!(shown("register", b"joe:hidden@host/100"), b"***");
        assert_eq!(shown("Auth", b"joe#0123@realm"), b"***");
        assert_eq!(shown("auth", b"md5,rsa"), b"md5,rsa");
        assert_eq!(shown("register", b"joe@host:5060"), b"joe@host:5060");
        assert_eq!(shown("mailbox", b"a:b@c"), b"a:b@c");
    }

    #[test]
    fn what_tools_fill_in_is_seen() {
        for text in ["{{ x }}", "a/${X}", "<%= x %>", "@X@", "__X__", "%X%", "$AMI_SECRET2", "10.%(net)s.1", "#{x}"] {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
        for text in ["$", "$1A", "$abc", "$A.B", "a$B", "%()s", "%(a b)s", "%a", "__", "@@", "{x}", "100%"] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
        for line in ["{% if x %}", "{{ a = b }}", "@HEAD@", "@HEAD@ x", "__USERS__", "%USERS%", "<?php", "{# x #}"] {
            assert!(is_template_line(line.as_bytes()), "{line}");
        }
        for line in ["deny 0.0.0.0/0", "$X", "@home", "--- {{ x }}", "user@host", "__"] {
            assert!(!is_template_line(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn distance_counts_a_swap_as_one() {
        assert_eq!(distance(b"secert", b"secret"), 1);
        assert_eq!(distance(b"", b"abc"), 3);
        assert_eq!(distance(b"permits", b"permit"), 1);
    }

    #[test]
    fn positions_count_from_one() {
        let files = Files::default();
        let file = files.add("a".into(), "a".into(), b"ab\n\ncd".to_vec());
        let place = |at| (file.position(at).line, file.position(at).column);
        assert_eq!([place(0), place(2), place(3), place(4), place(6)], [(1, 1), (1, 3), (2, 1), (3, 1), (3, 3)]);
        assert_eq!(file.line(1), Some(0..2));
        assert_eq!(file.line(3), Some(4..6));
        assert_eq!(file.line(4), None);
    }
}
