//! What other programs are given to start amictl with: the hooks of pre-commit and the action of GitHub.
//! `.ci/pre-commit` tries the hooks with the real pre-commit.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;
use yaml_rust2::{Yaml, YamlLoader};

use crate::support::{Ran, amictl, folder, root};

/// The one document of a text.
#[track_caller]
pub(crate) fn yaml(text: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(text).unwrap();
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

fn file(name: &str) -> Yaml {
    yaml(&fs::read_to_string(root().join(name)).unwrap())
}

/// The hooks, and the words of the command of each.
pub(crate) fn hooks() -> BTreeMap<String, Vec<String>> {
    let hooks = file(".pre-commit-hooks.yaml");
    let entry = |hook: &Yaml| hook["entry"].as_str().unwrap().split(' ').map(str::to_owned).collect();
    hooks.as_vec().unwrap().iter().map(|hook| (hook["id"].as_str().unwrap().to_owned(), entry(hook))).collect()
}

#[test]
fn hooks_take_the_files_that_have_a_role() {
    let hooks = file(".pre-commit-hooks.yaml");
    for hook in hooks.as_vec().unwrap() {
        assert_eq!(hook["language"].as_str(), Some("rust"));
        assert_eq!(hook["require_serial"].as_bool(), Some(true), "each root is judged once");
        let files = Regex::new(hook["files"].as_str().unwrap()).unwrap();
        let roots = ["manager.conf", "etc/asterisk/manager.conf", "acl.conf", "a/users.conf"];
        let fragments =
            ["manager_custom.conf", "a/manager_additional.conf", "manager.d/10-crm.conf", "a/manager.d/b.conf"];
        for name in roots.iter().chain(&fragments) {
            assert!(files.is_match(name), "{name}");
        }
        for name in
            ["xmanager.conf", "manager.conf.bak", "manager.d/README", "sip.conf", "pjsip_acl.conf", "manager.d/a/b"]
        {
            assert!(!files.is_match(name), "{name}");
        }
    }
}

#[test]
fn commands_of_the_hooks_run() {
    let hooks = hooks();
    assert_eq!(hooks.keys().collect::<Vec<_>>(), ["amictl", "amictl-fix"]);
    for (id, entry) in &hooks {
        let at =
            folder(&[("manager.conf", "[general]\nenabled = no\n# a\n"), ("acl.conf", "[lan]\npermit = 10.0.0.0/8\n")]);
        let (program, args) = entry.split_first().unwrap();
        assert_eq!(program, "amictl");
        let args: Vec<&str> = args.iter().map(String::as_str).chain(["acl.conf", "manager.conf"]).collect();
        let ran = amictl(at.path(), &args);
        let is_fix = id == "amictl-fix";
        assert!(ran.code == 0 && ran.out.contains("hash-comment") != is_fix, "{id}: {}{}", ran.out, ran.err);
        assert_eq!(fs::read_to_string(at.path().join("manager.conf")).unwrap().contains("; a"), is_fix, "{id}");
    }
}

/// The step of the action that has this name.
fn step(action: &Yaml, name: &str) -> Yaml {
    let steps = action["runs"]["steps"].as_vec().unwrap();
    steps.iter().find(|step| step["name"].as_str() == Some(name)).unwrap_or_else(|| panic!("no step `{name}`")).clone()
}

/// Runs the step `Check` as GitHub does, with some inputs and the others as they are without; `outputs` is what it says
/// to the steps behind it.
struct Runner {
    action: Yaml,
    temp: tempfile::TempDir,
}

impl Runner {
    fn new() -> Runner {
        let temp = tempfile::tempdir().unwrap();
        let bin = temp.path().join("amictl/bin");
        fs::create_dir_all(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_amictl"), bin.join("amictl")).unwrap();
        Runner { action: file("action.yml"), temp }
    }

    fn run(&self, name: &str, at: &Path, inputs: &[(&str, &str)]) -> (Ran, BTreeMap<String, String>) {
        let step = step(&self.action, name);
        assert_eq!(step["shell"].as_str(), Some("bash"));
        let script = self.temp.path().join("script.sh");
        fs::write(&script, step["run"].as_str().unwrap()).unwrap();
        let outputs = self.temp.path().join("outputs");
        fs::write(&outputs, "").unwrap();
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(&script).current_dir(at).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("RUNNER_TEMP", self.temp.path());
        command.env("GITHUB_OUTPUT", &outputs).env("GITHUB_ACTION_PATH", root());
        let known = self.action["inputs"].as_hash().unwrap();
        for (variable, value) in step["env"].as_hash().into_iter().flatten() {
            let input = value.as_str().unwrap().strip_prefix("${{ inputs.").unwrap().strip_suffix(" }}").unwrap();
            let default = known[&Yaml::String(input.to_owned())]["default"].as_str().unwrap();
            let given = inputs.iter().find(|(name, _)| *name == input).map_or(default, |(_, value)| value);
            command.env(variable.as_str().unwrap(), given);
        }
        for (name, _) in inputs {
            assert!(known.contains_key(&Yaml::String((*name).to_owned())), "there is no input `{name}`");
        }
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let ran = Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) };
        let said = fs::read_to_string(&outputs).unwrap();
        let pairs = said.lines().map(|line| line.split_once('=').unwrap());
        (ran, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

const WARNS: &str =
    "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[bob]\nsecret = x7Qmk2\nread = calls\nwrite = all\n";

#[test]
fn the_action_checks_with_its_inputs() {
    let at = folder(&[("etc/manager.conf", WARNS), ("a b/manager.conf", WARNS), ("$(touch x).conf", WARNS)]);
    let runner = Runner::new();
    let check = |inputs: &[(&str, &str)]| runner.run("Check", at.path(), inputs);

    let (ran, outputs) = check(&[]);
    assert!(ran.code == 1 && ran.out.contains("::warning file=etc/manager.conf,line=6,"), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("a b/manager.conf") && !ran.out.contains("write-gives-shell"), "{}", ran.out);
    let sarif: serde_json::Value = serde_json::from_str(&fs::read_to_string(&outputs["sarif"]).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "unknown-class");

    let (ran, outputs) = check(&[("fail-on", "error")]);
    assert!(ran.code == 0 && outputs.contains_key("sarif"), "{}{}", ran.out, ran.err);
    let (ran, _) = check(&[("path", "a b\n$(touch x).conf\n"), ("strict", "true"), ("asterisk", "16,22")]);
    assert!(ran.out.contains("write-gives-shell") && ran.out.contains("16"), "{}{}", ran.out, ran.err);
    assert!(!ran.out.contains("etc/") && !at.path().join("x").exists(), "{}", ran.out);
    let (ran, _) = check(&[("args", "--ignore unknown-class\n  --quiet")]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let (ran, outputs) = check(&[("path", "nowhere")]);
    assert!(ran.code == 3 && outputs.is_empty(), "what is not there is not uploaded: {}{}", ran.out, ran.err);
    let (ran, _) = check(&[("strict", "yes")]);
    assert!(ran.code == 2 && ran.out.contains("::error::"), "{}{}", ran.out, ran.err);
}

#[test]
fn the_action_uploads_what_it_found_also_when_it_fails() {
    let runner = Runner::new();
    let upload = step(&runner.action, "Upload to code scanning");
    assert!(upload["uses"].as_str().unwrap().starts_with("github/codeql-action/upload-sarif@"));
    assert!(upload["if"].as_str().unwrap().starts_with("always() && "));
    assert_eq!(upload["with"]["sarif_file"].as_str(), Some("${{ steps.check.outputs.sarif }}"));
    assert_eq!(step(&runner.action, "Check")["id"].as_str(), Some("check"));
}

/// The name under which a built amictl is kept: of the files that it is built of.
#[test]
fn the_action_knows_what_it_was_built_of() {
    let (ran, outputs) = Runner::new().run("Find out what is to be built", root(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(outputs["hash"].len() >= 40, "{outputs:?}");
}

/// An input that nothing reads is a promise that nothing keeps.
#[test]
fn every_input_of_the_action_is_read() {
    let text = fs::read_to_string(root().join("action.yml")).unwrap();
    for name in yaml(&text)["inputs"].as_hash().unwrap().keys().map(|name| name.as_str().unwrap()) {
        assert!(text.contains(&format!("inputs.{name}")), "{name}");
    }
}
