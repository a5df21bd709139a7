//! The README: its commands run, and print what it promises.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

#[cfg(unix)]
use yaml_rust2::Yaml;

#[cfg(unix)]
use crate::hooks;
use crate::support::{amictl, root};

/// The release that is named in what is to be copied.
#[cfg(unix)]
const RELEASE: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// The text of the code block behind a mark.
fn block(readme: &str, mark: &str) -> String {
    let behind = readme.split(mark).nth(1).unwrap_or_else(|| panic!("the README has no {mark}"));
    let inside = behind.split("```").nth(1).unwrap();
    inside.split_once('\n').unwrap().1.to_owned()
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

#[test]
fn the_main_command_prints_what_is_promised() {
    let command = block(&readme(), "<!-- main command -->");
    let (_, args) = command.trim().split_once(" -- ").unwrap();
    let ran = amictl(root(), &args.split(' ').collect::<Vec<_>>());
    assert_eq!(ran.code, 1, "{}", ran.err);
    let promised = block(&readme(), "<!-- output: begin -->");
    let promised = promised.trim_end().trim_end_matches('…').trim_end();
    let printed: Vec<&str> = ran.out.lines().map(str::trim_end).collect();
    for (number, line) in promised.lines().enumerate() {
        assert_eq!(printed.get(number).copied(), Some(line.trim_end()), "line {} of the README's output", number + 1);
    }
}

/// Runs an example beside realistic files; they stand for those of the switch.
#[track_caller]
fn runs(example: &str) {
    let args = example.split(" #").next().unwrap().replace("/etc/asterisk", ".");
    let args: Vec<&str> = args.split_whitespace().skip(1).collect();
    if args[0] == "serve" {
        return serves(example, &args);
    }
    let ran = amictl(&root().join("fixtures/configs/clean"), &args);
    assert!(ran.code == 0, "{example}: {}\n{}{}", ran.code, ran.out, ran.err);
}

/// Runs an example that does not end by itself, until it says where it listens.
#[track_caller]
fn serves(example: &str, args: &[&str]) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_amictl"));
    server.args(args).current_dir(root().join("fixtures/configs/clean")).env_clear();
    let mut server = server.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(line.starts_with("listening on 127.0.0.1:"), "{example}: {line}");
}

#[test]
fn every_command_runs() {
    let readme = readme();
    let blocks = readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines: Vec<String> = blocks.map(|block| block.replace("\\\n", "")).collect();
    let commands: Vec<&str> =
        lines.iter().flat_map(|block| block.lines()).filter_map(|line| line.strip_prefix("$ ")).collect();
    let (ours, others): (Vec<&str>, Vec<&str>) = commands.into_iter().partition(|line| line.starts_with("amictl "));
    ours.iter().for_each(|example| runs(example));
    assert!(ours.len() > 14, "{ours:?}");
    // The first two have tests of their own; what cargo installs is the program that the others run.
    let [main, test, install] = others[..] else { panic!("{others:?} are not run by any test") };
    assert_eq!(main, block(&readme, "<!-- main command -->").trim().trim_start_matches("$ "));
    assert_eq!((test, install), ("cargo test", "cargo install --path ."));
}

#[test]
fn examples_of_the_help_run() {
    let help = amictl(root(), &["--help"]).out;
    let examples = help.split("Examples:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    examples.lines().for_each(|example| runs(example.trim()));
    assert!(examples.lines().count() > 4);
}

/// What is named in the text is there, not only what stands in an example.
#[test]
fn every_option_is_an_option() {
    let commands = ["check", "dump", "explain", "simulate login", "simulate action", "simulate events", "serve"];
    let help = |command: &str| amictl(root(), &[&command.split(' ').collect::<Vec<_>>()[..], &["--help"]].concat()).out;
    let helps: Vec<String> = commands.into_iter().map(help).collect();
    let readme = readme();
    // Every other part between backticks is code; a block is three of them, and so an odd number too.
    let code = readme.split('`').skip(1).step_by(2);
    let words = code.flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
    let options: Vec<&str> = words.filter(|word| word.starts_with("--") && word.len() > 2).collect();
    for option in
        options.iter().filter(|option| !["--release", "--path", "--locked", "--git", "--tag"].contains(option))
    {
        let known = helps.iter().any(|help| help.split([' ', ',', '\n', '[']).any(|word| word == *option));
        assert!(known, "no command has an option `{option}`");
    }
    assert!(options.len() > 20, "{options:?}");
}

#[test]
fn the_comment_silences_what_it_says() {
    let readme = readme();
    let comment = readme.split("```ini\n").nth(1).unwrap().split("```").next().unwrap();
    let first = "[bob]\nsecret = q7-Zk\nread = call\ndeny = 0.0.0.0/0\npermit = 10.4.0.0/16\n";
    let conf = |comment: &str| format!("[general]\nenabled = yes\n{first}{comment}[bob]\nsecret = q7-Zk\n");
    let (with, without) = (conf(comment), conf(""));
    let at = crate::support::folder(&[("with/manager.conf", &with), ("without/manager.conf", &without)]);
    let found = |folder| amictl(at.path(), &["check", folder, "--select", "duplicate-section"]).code;
    assert_eq!((found("with"), found("without")), (0, 1));
}

#[test]
fn the_command_for_several_reports_writes_them() {
    let command = block(&readme(), "<!-- reports command -->");
    let args: Vec<&str> = command.trim().strip_prefix("$ amictl ").unwrap().split(' ').collect();
    let at = crate::support::folder(&[("manager.conf", "[bob](nobody)\n")]);
    let ran = amictl(at.path(), &args);
    assert!(ran.code == 1 && ran.out.starts_with("::error file=manager.conf,line=1,"), "{}{}", ran.out, ran.err);
    for name in ["amictl.sarif", "amictl.xml"] {
        assert!(fs::read_to_string(at.path().join(name)).unwrap().contains("unknown-base"), "{name}");
    }
}

/// What is copied for pre-commit: of this release, and hooks that there are. `.ci/pre-commit` runs it.
#[cfg(unix)]
#[test]
fn hooks_of_the_readme_are_hooks() {
    let config = hooks::yaml(&block(&readme(), "<!-- pre-commit -->"));
    let repo = &config["repos"][0];
    assert_eq!(repo["rev"].as_str(), Some(RELEASE));
    let named: Vec<&str> = repo["hooks"].as_vec().unwrap().iter().map(|hook| hook["id"].as_str().unwrap()).collect();
    assert!(!named.is_empty() && named.iter().all(|id| hooks::hooks().contains_key(*id)), "{named:?}");
}

/// What is copied for GitHub: of this release, and inputs that there are.
#[cfg(unix)]
#[test]
fn the_workflow_of_the_readme_uses_the_action() {
    let workflow = hooks::yaml(&block(&readme(), "<!-- github -->"));
    let steps = workflow["jobs"]["amictl"]["steps"].as_vec().unwrap();
    let of_ours = |step: &&Yaml| step["uses"].as_str().is_some_and(|uses| uses.starts_with("OWNER/amictl@"));
    let ours = steps.iter().find(of_ours).unwrap();
    assert_eq!(ours["uses"].as_str().unwrap().split_once('@').unwrap().1, RELEASE);
    let action = hooks::yaml(&fs::read_to_string(root().join("action.yml")).unwrap());
    for input in ours["with"].as_hash().unwrap().keys() {
        assert!(action["inputs"].as_hash().unwrap().contains_key(input), "{input:?}");
    }
    assert_eq!(workflow["permissions"]["security-events"].as_str(), Some("write"), "for the upload");
}

/// What is copied for GitLab: what is kept of the job is what its command writes.
#[cfg(unix)]
#[test]
fn the_job_of_the_readme_writes_what_it_keeps() {
    let job = &hooks::yaml(&block(&readme(), "<!-- gitlab -->"))["amictl"];
    let [install, check] = &job["script"].as_vec().unwrap()[..] else { panic!("two commands") };
    let install = install.as_str().unwrap();
    assert!(install.contains(&format!(" --tag {RELEASE} ")), "{install}");
    assert_eq!(job["cache"]["key"].as_str(), Some(&*format!("amictl-{RELEASE}")));
    let program = format!("{}/bin/amictl", job["cache"]["paths"][0].as_str().unwrap());
    let args: Vec<&str> = check.as_str().unwrap().strip_prefix(&program).unwrap().split_whitespace().collect();
    let at = crate::support::folder(&[("manager.conf", "[bob](nobody)\n")]);
    let ran = amictl(at.path(), &args);
    assert!(ran.code == 1 && ran.out.starts_with("manager.conf:1:"), "{}{}", ran.out, ran.err);
    let reports = job["artifacts"]["reports"].as_hash().unwrap();
    assert_eq!(reports.len(), 2);
    for name in reports.values().map(|name| name.as_str().unwrap()) {
        assert!(fs::read_to_string(at.path().join(name)).unwrap().contains("nobody"), "{name}");
    }
}

#[test]
fn settings_of_the_readme_are_settings() {
    let readme = readme();
    let settings = readme.split("```toml").nth(1).unwrap().split("```").next().unwrap();
    let at = crate::support::folder(&[
        ("amictl.toml", settings),
        ("files/asterisk/manager.conf", "[general]\nenabled = no\n"),
        ("known.json", "{\"format\": 1, \"findings\": []}"),
    ]);
    let ran = amictl(at.path(), &["check"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("for Asterisk 18 and 22"), "{}", ran.out);
}

#[test]
fn what_ci_runs_is_the_command_of_the_readme() {
    let command = block(&readme(), "<!-- test command -->");
    assert_eq!(command.trim(), "$ cargo test");
}

/// What is copied for the tests of a client runs them: here a command that only looks whether it is served.
#[cfg(all(unix, feature = "server"))]
#[test]
fn the_recipe_of_the_readme_serves_a_client() {
    let workflow = hooks::yaml(&block(&readme(), "<!-- recipe -->"));
    let steps = workflow["jobs"]["client"]["steps"].as_vec().unwrap();
    let commands: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    let [install, _, test] = commands[..] else { panic!("{commands:?}") };
    assert!(install.ends_with(&format!(" --tag {RELEASE}")), "{install}");
    let (args, client) =
        test.trim().replace("\\\n", "").split_once(" -- ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(client, "npm test");
    let conf = "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[crm]\nsecret = x7Qmk2vv\ndeny = 0.0.0.0/0\n\
        permit = 127.0.0.1\nread = call\nwrite = originate\n";
    let at = crate::support::folder(&[("test/manager.conf", conf), ("test/replies.toml", "")]);
    let mut args: Vec<&str> = args.split_whitespace().skip(1).collect();
    args.extend(["--", "bash", "-c", "exec 3<>/dev/tcp/$AMICTL_HOST/$AMICTL_PORT && head -c 8 <&3"]);
    let ran = amictl(at.path(), &args);
    assert!(ran.code == 0 && ran.out.contains("\nAsterisk"), "{}{}", ran.out, ran.err);
    let kept = steps.iter().find(|step| step["if"].as_str() == Some("failure()")).unwrap();
    assert!(at.path().join(kept["with"]["path"].as_str().unwrap()).is_file());
}
