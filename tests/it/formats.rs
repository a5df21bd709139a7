//! Every format: its reports fit its schema, say the same in the same order, and point at the right bytes.

use std::fs;
use std::path::Path;

use amictl::config::World;
use amictl::finding::{Finding, Safety};
use amictl::host::{Host as _, Memory};
use amictl::release::Release;
use amictl::report::{CheckReport, Format, Look};
use amictl::rules::{All, Example, Only, RULES, Role, Rule, Selection, check};
use amictl::text::{Files, Secrets, redacted};
use serde_json::Value;
use uppsala::XsdValidator;

use crate::support::root;

/// What one run writes in one format.
type Reports = Vec<(Format, String)>;

const LOOK: Look = Look { color: false, unicode: true, width: 80, all: true };

fn write(files: &Files, findings: &[Finding], releases: &[Release]) -> Reports {
    let rules = amictl::rules::infos();
    let (secrets, here) = (Secrets::Masked, Path::new("/etc"));
    let report = CheckReport { findings, files, releases, secrets, quiet: false, rules: &rules, here };
    let text = |format| {
        let mut bytes = Vec::new();
        report.write(format, LOOK, &mut bytes).unwrap();
        (format, String::from_utf8(bytes).unwrap())
    };
    Format::ALL.into_iter().map(text).collect()
}

fn of(reports: &Reports, format: Format) -> &str {
    &reports.iter().find(|(other, _)| *other == format).unwrap().1
}

fn json(reports: &Reports, format: Format) -> Value {
    serde_json::from_str(of(reports, format)).unwrap()
}

/// What some rules find in a file and those beside it.
fn found(
    memory: &Memory,
    path: &Path,
    place: amictl::config::Place,
    selection: &dyn Selection,
) -> (Files, Vec<Finding>) {
    let files = Files::default();
    let role = Role::of(&path.file_name().unwrap().to_string_lossy());
    let id = files.add(path.display().to_string(), path.to_owned(), memory.read(path).unwrap()).id();
    let findings = check(&World::new(&files, memory, place), id, role, &Release::all_series(), selection);
    (files, findings)
}

fn examples() -> impl Iterator<Item = (&'static Rule, &'static Example)> {
    RULES.iter().flat_map(|rule| rule.examples.iter().map(move |example| (*rule, example)))
}

/// What is found in each example; in every third one by all rules.
fn each_example(mut look: impl FnMut(&Files, &[Finding])) {
    for (number, (rule, example)) in examples().enumerate() {
        let (memory, path) = example.files();
        let only = Only(rule);
        let selection: &dyn Selection = if number % 3 == 0 { &All } else { &only };
        let (files, findings) = found(&memory, &path, example.place(), selection);
        look(&files, &findings);
    }
}

/// A file that is called `name`, with what is found in it.
fn one(name: &str, bytes: &[u8]) -> (Files, Vec<Finding>) {
    let mut memory = Memory::default();
    let path = Path::new("/etc/asterisk").join(name);
    memory.add(&path, bytes);
    let place = amictl::config::Place { etc: "/etc/asterisk".into(), root: None, complete: false };
    found(&memory, &path, place, &All)
}

/// Text of every kind of trouble: Latin-1, characters beyond the first plane, control bytes, a byte order mark.
fn odd_files() -> Vec<(&'static str, Vec<u8>)> {
    let long =
        format!("[general]\nenabled = yes\n{} = x\n[bob]\nread = {}ä, nope\n", "𝄞".repeat(20), "é,".repeat(1500));
    vec![
        ("empty.conf", b"".to_vec()),
        ("ä 100%,a:b#?.conf", "; ä\n[general]\nä𝄞 = 1\n[bob](nöbody)\nsecret = x\n  réad = all ; nöch\n".into()),
        ("latin.conf", b"[general]\n\xe4\xe4 = 1\n[b\xf6b](nob\xf6dy)\nsecret=\n# \xfc\n".to_vec()),
        ("bom.conf", "\u{feff}[general]\nbindport = 1\nä = \n[bob](x)\n".into()),
        (
            "control.conf",
            b"[general]\n\x01\x1b[31m = 1\n\x00x\n[<b>&\"'](no\x07body)\n]]> = 1\r\nx\r\n# \x1b\n".to_vec(),
        ),
        ("inject.conf", b"[general]\n::error file=x::y = 1\n%0A::set-output = 1\n[a\r::x](b)\n".to_vec()),
        ("long.conf", long.into_bytes()),
    ]
}

struct Schemas {
    check: jsonschema::Validator,
    sarif: jsonschema::Validator,
    gitlab: jsonschema::Validator,
    junit: XsdValidator,
    checkstyle: XsdValidator,
}

impl Schemas {
    fn read() -> Schemas {
        let text = |name: &str| fs::read_to_string(root().join("grammar/schemas").join(name)).unwrap();
        let json = |name| {
            let mut schema: Value = serde_json::from_str(&text(name)).unwrap();
            // OASIS has a `]` too many in an expression about something that amictl does not write.
            for place in ["/definitions/run/properties/language", "/definitions/toolComponent/properties/language"] {
                schema.pointer_mut(place).and_then(Value::as_object_mut).map(|language| language.remove("pattern"));
            }
            jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
        };
        let xml = |name| XsdValidator::from_schema(&uppsala::parse(&text(name)).unwrap()).unwrap();
        Schemas {
            check: json("check.schema.json"),
            sarif: json("sarif-2.1.0.schema.json"),
            gitlab: json("gitlab-code-quality.schema.json"),
            junit: xml("junit.xsd"),
            checkstyle: xml("checkstyle.xsd"),
        }
    }

    fn errors(&self, format: Format, text: &str) -> Vec<String> {
        let json = |schema: &jsonschema::Validator| {
            let value = serde_json::from_str(text).unwrap();
            schema.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect()
        };
        let xml = |schema: &XsdValidator| match uppsala::parse(text) {
            Ok(document) => schema.validate(&document).iter().map(ToString::to_string).collect(),
            Err(error) => vec![error.to_string()],
        };
        match format {
            Format::Human | Format::Short | Format::Github => Vec::new(),
            Format::Json => json(&self.check),
            Format::Sarif => json(&self.sarif),
            Format::Gitlab => json(&self.gitlab),
            Format::Junit => xml(&self.junit),
            Format::Checkstyle => xml(&self.checkstyle),
        }
    }
}

#[test]
fn every_report_fits_its_schema_and_tells_all_in_one_order() {
    let schemas = Schemas::read();
    let look = |files: &Files, findings: &[Finding]| {
        let reports = write(files, findings, &Release::all_series());
        for (format, text) in &reports {
            let errors = schemas.errors(*format, text);
            assert!(errors.is_empty(), "{format:?}: {errors:?}\n{text}");
        }
        let want: Vec<(String, usize)> = findings
            .iter()
            .map(|it| (it.rule.to_owned(), files.get(it.span.file).position(it.span.start as usize).line))
            .collect();
        for (format, told) in told(&reports) {
            assert_eq!(told, want, "{format:?}\n{}", of(&reports, format));
        }
    };
    each_example(look);
    for (name, bytes) in odd_files() {
        let (files, findings) = one(name, &bytes);
        assert!(!findings.is_empty() || bytes.is_empty(), "{name}");
        look(&files, &findings);
        look(&files, &[]);
    }
    look(&Files::default(), &[]);
}

/// Rules and lines in the order in which a format tells of them.
fn told(reports: &Reports) -> Vec<(Format, Vec<(String, usize)>)> {
    let list = |value: &Value, rule: &str, line: &str| -> Vec<(String, usize)> {
        let one = |it: &Value| {
            let line = it.pointer(line).and_then(Value::as_u64).unwrap();
            (it.pointer(rule).and_then(Value::as_str).unwrap().to_owned(), usize::try_from(line).unwrap())
        };
        value.as_array().unwrap().iter().map(one).collect()
    };
    let attributes = |format, tag: &str, name: &str| -> Vec<(String, usize)> {
        let document = uppsala::parse(of(reports, format)).unwrap();
        let elements = document.get_elements_by_tag_name(tag);
        let with_line = elements.iter().filter(|&&it| document.get_attribute(it, "line").is_some());
        let one = |&it: &uppsala::NodeId| {
            let rule = document.get_attribute(it, name).unwrap();
            let rule = rule.trim_start_matches("amictl.").split(' ').next().unwrap();
            (rule.to_owned(), document.get_attribute(it, "line").unwrap().parse().unwrap())
        };
        with_line.map(one).collect()
    };
    let lines = |format, rule: (&str, &str), line: (&str, &str)| -> Vec<(String, usize)> {
        let between = |text: &str, (from, to): (&str, &str)| {
            let (_, rest) = text.split_once(from).unwrap();
            rest.split(to).next().unwrap().to_owned()
        };
        let one = |text: &str| (between(text, rule), between(text, line).parse().unwrap());
        of(reports, format).lines().map(one).collect()
    };
    let sarif = json(reports, Format::Sarif);
    vec![
        (Format::Json, list(&json(reports, Format::Json)["findings"], "/rule", "/start/line")),
        (
            Format::Sarif,
            list(&sarif["runs"][0]["results"], "/ruleId", "/locations/0/physicalLocation/region/startLine"),
        ),
        (Format::Gitlab, list(&json(reports, Format::Gitlab), "/check_name", "/location/lines/begin")),
        (Format::Junit, attributes(Format::Junit, "testcase", "name")),
        (Format::Checkstyle, attributes(Format::Checkstyle, "error", "source")),
        (Format::Github, lines(Format::Github, (",title=", "::"), (",line=", ","))),
    ]
}

#[test]
fn a_schema_refuses_what_does_not_fit() {
    let schemas = Schemas::read();
    let (files, findings) = one("manager.conf", b"[general]\nbindport = 1\n");
    let reports = write(&files, &findings, &[Release::newest_lts()]);
    for (format, fits, does_not) in [
        (Format::Json, "\"start\"", "\"begin\""),
        (Format::Sarif, "\"startLine\": 2", "\"startLine\": 0"),
        (Format::Sarif, "\"uri\": \"asterisk/", "\"uri\": \"a b/"),
        (Format::Gitlab, "\"major\"", "\"bad\""),
        (Format::Junit, "tests=\"", "test=\""),
        (Format::Junit, "type=\"warning\"", "type=\"warn\""),
        (Format::Checkstyle, "line=\"2\"", "line=\"two\""),
        (Format::Checkstyle, "source=\"amictl.", "source=\""),
    ] {
        let text = of(&reports, format);
        let broken = text.replace(fits, does_not);
        assert!(broken != text && !schemas.errors(format, &broken).is_empty(), "{format:?}\n{broken}");
    }
}

#[test]
fn sarif_names_its_schema_and_its_rules() {
    let (files, findings) = one("manager.conf", b"[general]\nbindport = 1\n[bob](nobody)\n");
    let log = json(&write(&files, &findings, &Release::all_series()), Format::Sarif);
    let schema = fs::read_to_string(root().join("grammar/schemas/sarif-2.1.0.schema.json")).unwrap();
    assert_eq!(log["$schema"], serde_json::from_str::<Value>(&schema).unwrap()["$id"]);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), RULES.len());
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        let index = usize::try_from(place["index"].as_u64().unwrap()).unwrap();
        assert_eq!(run["artifacts"][index]["location"]["uri"], place["uri"]);
        assert_eq!(place["uri"], "asterisk/manager.conf");
    }
}

/// The byte offset of a line and a column as a reader of SARIF finds it, who decodes the file first.
fn offset(bytes: &[u8], is_utf8: bool, line: u64, column: u64) -> usize {
    let decoded: Vec<(char, usize)> = if is_utf8 {
        std::str::from_utf8(bytes).unwrap().chars().map(|c| (c, c.len_utf8())).collect()
    } else {
        bytes.iter().map(|&byte| (char::from(byte), 1)).collect()
    };
    let (mut at, mut place) = (0, (1, 1));
    for (number, (c, length)) in decoded.into_iter().enumerate() {
        if number == 0 && c == '\u{feff}' {
            at += length;
            continue;
        }
        if place == (line, column) {
            break;
        }
        at += length;
        place = if c == '\n' { (place.0 + 1, 1) } else { (place.0, place.1 + 1) };
    }
    at
}

/// The bytes of a region, which its lines and columns and its bytes agree on.
fn region(region: &Value, bytes: &[u8], encoding: &Value) -> std::ops::Range<usize> {
    let number = |name: &str| region[name].as_u64().unwrap_or_else(|| panic!("{name} in {region}"));
    let place = |line: &str, column: &str| offset(bytes, encoding == "UTF-8", number(line), number(column));
    let (start, end) = (place("startLine", "startColumn"), place("endLine", "endColumn"));
    let told = usize::try_from(number("byteOffset")).unwrap();
    let told = told..told + usize::try_from(number("byteLength")).unwrap();
    // Lines and columns cannot say anything of a byte order mark.
    let behind_mark = |at: usize| if at < 3 && bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { at };
    assert_eq!(start..end, behind_mark(told.start)..behind_mark(told.end), "{region}");
    told
}

#[test]
fn sarif_points_at_the_right_bytes_and_its_fixes_are_the_fixes() {
    let mut fixes = 0;
    let mut look = |files: &Files, findings: &[Finding]| {
        let log = json(&write(files, findings, &Release::all_series()), Format::Sarif);
        let run = &log["runs"][0];
        let sources: Vec<&[u8]> = files.iter().map(|file| file.bytes()).collect();
        let check = |location: &Value, area: &Value| {
            let index = usize::try_from(location["index"].as_u64().unwrap()).unwrap();
            region(area, sources[index], &run["artifacts"][index]["encoding"])
        };
        for (result, finding) in run["results"].as_array().unwrap().iter().zip(findings) {
            let at = &result["locations"][0]["physicalLocation"];
            assert_eq!(check(&at["artifactLocation"], &at["region"]), finding.span.range());
            for related in result["relatedLocations"].as_array().into_iter().flatten() {
                check(&related["physicalLocation"]["artifactLocation"], &related["physicalLocation"]["region"]);
            }
            for fix in result["fixes"].as_array().into_iter().flatten() {
                let mut told = Vec::new();
                for change in fix["artifactChanges"].as_array().unwrap() {
                    for replacement in change["replacements"].as_array().unwrap() {
                        let range = check(&change["artifactLocation"], &replacement["deletedRegion"]);
                        let content = &replacement["insertedContent"];
                        told.push((range, content["text"].as_str().unwrap_or_default().as_bytes().to_vec()));
                    }
                }
                let edits = &finding.fix.as_ref().unwrap().edits;
                let mut want: Vec<_> = edits.iter().map(|edit| (edit.span.range(), edit.text.clone())).collect();
                want.sort_by_key(|(range, _)| range.start);
                assert_eq!(told, want);
                fixes += 1;
            }
        }
    };
    each_example(&mut look);
    for (name, bytes) in odd_files() {
        let (files, findings) = one(name, &bytes);
        look(&files, &findings);
    }
    assert!(fixes > 0);
}

#[test]
fn prints_are_unique_in_a_report() {
    each_example(|files, findings| {
        let reports = json(&write(files, findings, &Release::all_series()), Format::Gitlab);
        let prints = reports.as_array().unwrap().iter().map(|it| it["fingerprint"].as_str().unwrap());
        let mut prints: Vec<&str> = prints.collect();
        prints.sort_unstable();
        assert!(prints.windows(2).all(|pair| pair[0] != pair[1]), "{prints:?}");
    });
}

#[test]
fn annotations_are_one_command_a_line() {
    for (name, bytes) in odd_files() {
        let (files, findings) = one(name, &bytes);
        let reports = write(&files, &findings, &Release::all_series());
        let text = of(&reports, Format::Github);
        assert_eq!(text.split_inclusive('\n').count(), findings.len());
        for line in text.split_terminator('\n') {
            let begins = ["::error ", "::warning ", "::notice "].iter().any(|begin| line.starts_with(begin));
            assert!(begins && !line.contains('\r'), "{line:?}");
        }
    }
}

/// A text in which every word of every secret is another one.
fn with_secrets(bytes: &[u8], word: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let Some(secret) = redacted(line) else {
            out.extend_from_slice(line);
            continue;
        };
        let text = String::from_utf8_lossy(&line[secret.clone()]).into_owned();
        let (text, comment) = text.find("; amictl").map_or((&*text, ""), |at| text.split_at(at));
        out.extend_from_slice(&line[..secret.start]);
        let mut in_word = false;
        for c in text.chars() {
            let begins = c.is_alphanumeric() && !in_word;
            in_word = c.is_alphanumeric();
            match c {
                _ if begins => out.extend_from_slice(word.as_bytes()),
                _ if in_word => {}
                c => out.extend_from_slice(c.to_string().as_bytes()),
            }
        }
        out.extend_from_slice(comment.as_bytes());
        out.extend_from_slice(&line[secret.end..]);
    }
    out
}

#[test]
fn no_secret_is_in_any_report_of_any_example() {
    const WORD: &str = "HUNTER2";
    let (mut changed, mut fixes) = (0, 0);
    for (rule, example) in examples() {
        let (mut memory, path) = example.files();
        let names = example.files.iter().map(|(name, _)| *name).chain([example.name]);
        for name in names {
            let path = path.parent().unwrap().join(name);
            let text = with_secrets(&memory.read(&path).unwrap(), WORD);
            changed += text.windows(WORD.len()).filter(|it| *it == WORD.as_bytes()).count();
            memory.add(path, text);
        }
        let (files, findings) = found(&memory, &path, example.place(), &All);
        fixes += findings.iter().filter(|finding| finding.fix.is_some()).count();
        for (format, text) in write(&files, &findings, &Release::all_series()) {
            let all = text.lines().find(|line| line.contains(WORD));
            assert!(all.is_none(), "{format:?} of an example of {} shows a secret: {all:?}", rule.name);
        }
    }
    assert!(changed > 100 && fixes > 0, "{changed} secrets, {fixes} fixes");
}

#[test]
fn a_fix_that_would_show_a_secret_is_not_shown() {
    let (files, mut findings) = one("manager.conf", b"[general]\nbindport = 1\n");
    let span = findings[0].span;
    findings[0].fix(Safety::Safe, "write it anew", span, "x\nsecret = HUNTER2\n");
    for (format, text) in write(&files, &findings, &Release::all_series()) {
        assert!(!text.contains("HUNTER2"), "{format:?}: {text}");
    }
}
