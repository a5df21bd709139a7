//! A misspelt directive.

use super::prelude::*;
use crate::catalog::nearest;
use crate::config::Origin;
use crate::syntax::Directive;
use crate::text::Span;

pub(super) static RULE: Rule = Rule {
    name: "unknown-directive",
    summary: "a directive is misspelt, and skipped",
    severity: Severity::Warning,
    doc: "\
The directives are `#include`, `#tryinclude` and `#exec`, in any letter case, with a blank behind the word and none \
behind the `#`. Asterisk skips any other line that begins with `#`, with a warning: `#inclde users.conf`, \
`#include\"users.conf\"`, `#include=users.conf` and `# include users.conf` bring nothing, and the file loads. The users \
of the other file are then missing, or the `deny` lines that it has for the user above.

A line with `#` that reads as a comment is the matter of `hash-comment`.

Write the directive as it has to be, or make the line a comment with `;` if it is not to be one.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[general]\n#inclde users.conf\n^^^^^^^ write `#include users.conf`\n"),
        bad("[general]\n#include\"users.conf\"\n^^^^^^^^^^^^^^^^^^^^ write `#include users.conf`\n"),
        bad("[general]\n#include=users.conf\n^^^^^^^^^^^^^^^^^^^ write `#include users.conf`\n"),
        bad("[general]\n#include: users.conf\n^^^^^^^^^ write `#include users.conf`\n"),
        bad("[general]\n#INCLUDE<users.conf>\n^^^^^^^^^^^^^^^^^^^^ write `#include users.conf`\n"),
        bad("[general]\n# include users.conf\n^^^^^^^^^^^^^^^^^^^^ write `#include users.conf`\n"),
        bad("[general]\n#includedir users.d/*.conf\n^^^^^^^^^^^ write `#include users.d/*.conf`\n"),
        bad("[general]\n#exce /usr/bin/gen --token x\n^^^^^ write `#exec COMMAND`\n"),
        good("[general]\n#Include users.conf\n#tryinclude\tmore.conf\n").because("letter case does not matter"),
        good("[general]\n# include only what you need\n# executives\n#permit=10.0.0.0/8\n####\n").because("comments"),
        good("[general]\n#included below are all users\n"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes().filter(|(note, _)| note.what == What::UnknownDirective) {
        let Node::Directive(directive) = context.effective.line(note.at).node() else { continue };
        let Some(meant) = Meant::of(&directive) else { continue };
        let end = if directive.keyword.bytes.is_empty() { span.range().end } else { directive.keyword.range.end };
        let effect = match meant.word {
            "exec" => "the line is skipped with a warning; no command is run",
            _ => "the line is skipped with a warning; the file is not read",
        };
        findings
            .at(context.span(note.at, span.range().start..end), "there is no such directive", effect)
            .help(meant.help())
            .fix_by(Safety::Widening, "write the directive as it has to be", meant.mend(context, note.at, span));
    }
}

/// What somebody who wrote an unknown directive most likely meant.
pub(super) struct Meant<'t> {
    word: &'static str,
    argument: &'t [u8],
}

const WORDS: [&str; 3] = ["include", "tryinclude", "exec"];

/// Words of comments that are near to a directive.
const ENGLISH: [&[u8]; 5] = [b"included", b"includes", b"inclusive", b"exclude", b"conclude"];

impl<'t> Meant<'t> {
    /// `None` for a comment: this is the border between this rule and `hash-comment`.
    pub(super) fn of(directive: &Directive<'t>) -> Option<Meant<'t>> {
        let text = directive.text.bytes[1..].trim_ascii_start();
        let letters = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, behind) = (text[..letters].to_ascii_lowercase(), &text[letters..]);
        let argument = bare(behind);
        let is_word = !argument.is_empty() && !argument.contains(&b' ') && !argument.contains(&b'\t');
        let is_file = is_word && argument.iter().any(|byte| b"./*".contains(byte));
        let is_spaced = directive.keyword.bytes.is_empty();
        let exact = WORDS.into_iter().find(|name| name.as_bytes() == word);
        let extended = || ["include", "tryinclude"].into_iter().find(|name| word.starts_with(name.as_bytes()));
        let near = || nearest(&word, WORDS.into_iter()).and_then(|near| WORDS.into_iter().find(|name| *name == near));
        let meant = exact.or_else(near).or_else(extended)?;
        let fits = match meant {
            "exec" => argument.starts_with(b"/"),
            _ if is_spaced || ENGLISH.contains(&&word[..]) => is_file,
            _ if exact.is_some() && behind.first().is_some_and(|byte| byte.is_ascii_alphanumeric()) => is_file,
            _ => is_word,
        };
        fits.then_some(Meant { word: meant, argument })
    }

    /// The line as it has to be. A command may have a password in it.
    fn mend(&self, context: &Context<'_>, at: Origin, span: Span) -> Option<Edit> {
        let is_plain = !context.effective.line(at).is_tangled() && self.word != "exec";
        let text = [b"#", self.word.as_bytes(), b" ", self.argument].concat();
        is_plain.then_some(Edit { span, text })
    }

    fn help(&self) -> String {
        match self.word {
            // A command may have a password in it.
            "exec" => "write `#exec COMMAND`".to_owned(),
            word => format!("write `#{word} {}`", show(self.argument)),
        }
    }
}

/// What stands behind a word, without what joins them and without quotes.
fn bare(text: &[u8]) -> &[u8] {
    let from = text.iter().position(|byte| !b" \t:=,-(\"'<".contains(byte)).unwrap_or(text.len());
    let to = text.iter().rposition(|byte| !b" \t)\"'>".contains(byte)).map_or(from, |last| last + 1);
    &text[from..to.max(from)]
}
