//! Inputs made to use time and memory without bounds. Each ends at once, and with an answer.

use crate::support::{amictl, folder};

/// Checks a file for three releases that read it differently, and expects the exit code 1 and a word.
#[track_caller]
fn ends_with(text: &str, says: &str) {
    let at = folder(&[("manager.conf", text)]);
    let ran = amictl(at.path(), &["check", "--complete", "--asterisk", "13,22,23", "--format", "short"]);
    let shown: String = ran.out.chars().take(2_000).collect();
    assert_eq!(ran.code, 1, "{shown}{}", ran.err);
    assert!(ran.out.contains(says), "not said: {says}\n{shown}");
}

#[test]
fn templates_that_double_at_each_step() {
    let steps: String = (0..20_000).map(|step| format!("[t{}](!,t{step},t{step})\n", step + 1)).collect();
    ends_with(&format!("[t0](!)\nx=1\n{steps}"), "a section inherits more than a million entries");
}

#[test]
fn a_chain_of_templates_as_long_as_the_file() {
    let steps: String = (0..20_000).map(|step| format!("[t{}](!,t{step})\nzz=1\n", step + 1)).collect();
    ends_with(&format!("[t0](!)\nx=1\n{steps}"), "unknown-user-option");
}

#[test]
fn a_file_that_includes_itself_twice() {
    ends_with("[s]\na=1\n#include manager.conf\n#include manager.conf\n", "include-loop");
    ends_with("[s]\na=1\n#tryinclude manager.conf\n#tryinclude manager.conf\n", "include-loop");
    ends_with(&format!("[s]\na=1\n{}", "#tryinclude manager.conf\n".repeat(8)), "includes read files more than");
}

#[test]
fn appends_and_filters_that_look_at_everything() {
    let many: String = (0..30_000).map(|number| format!("a{number}=1\n")).collect();
    let more: String = (0..30_000).map(|number| format!("a{number}+=1\n")).collect();
    ends_with(&format!("[s]\n{many}{more}"), "200 million entries");
    ends_with(&format!("[s]\nread=1\n{}", "read+=1\n".repeat(200_000)), "append-glues");
    ends_with(&format!("[s]\n{}{}", "x=1\n".repeat(30_000), "[](+y=1)\n".repeat(2_000)), "append-to-missing-section");
}

#[test]
fn comments_that_nest_without_end() {
    ends_with(&";--\n".repeat(200_000), "comment-nesting");
    ends_with(&format!("[s]\nx=1\n{}", "--;\ny=1\n".repeat(200_000)), "comment-end-stray");
}

#[test]
fn more_findings_than_anybody_reads() {
    ends_with(&format!("[general]\n{}", "zz=1\n".repeat(60_000)), "more than 50000 findings of unknown-general-option");
    ends_with(&"[\n".repeat(100_000), "unclosed-header");
}

#[test]
fn sections_without_number() {
    let sections: String = (0..100_000).map(|number| format!("[u{number}]\nsecret=x\n")).collect();
    ends_with(&format!("{sections}[u7]\n"), "duplicate-section");
    ends_with(&"[bob]\nsecret=x\ndeny=0.0.0.0/0\n".repeat(50_000), "duplicate-section");
}
