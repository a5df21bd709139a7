//! The rules. Each is one file: its documentation, its metadata, its check, and its examples, which are its tests.
//!
//! To add one, write `src/rules/<name>.rs` with a `pub(super) static RULE: Rule` and put the name into the list
//! below; CONTRIBUTING.md shows how. A rule looks at a configuration through its [`Context`] and says what bites. It never
//! reads files and never computes again what the layers below it know.

mod address_lists;
mod context;
mod examples;
mod filter_lines;
mod generated;
mod mend;
mod prelude;
pub(crate) mod suppress;

pub use context::Context;
pub use examples::{Example, ExampleError, Only};

use std::cell::OnceCell;
use std::path::Path;

use crate::config::manager::Manager;
use crate::config::{self, Outcome, World};
use crate::finding::{Finding, Findings, RuleInfo, Severity, merged};
use crate::release::Release;
use crate::text::FileId;
use suppress::Suppression;

/// Declares the rules' modules and the list of them.
macro_rules! rules {
    ($($name:ident,)*) => {
        $(mod $name;)*

        /// Every rule, by name.
        pub static RULES: &[&Rule] = &[$(&$name::RULE,)*];
    };
}

rules! {
    acl_conf_not_loaded,
    acl_conf_refused,
    append_glues,
    append_other_case,
    append_to_missing_section,
    base_is_a_user,
    blank_before_options,
    blank_in_class_list,
    boolean_not_read,
    byte_order_mark,
    certificate_expired,
    comment_block_in_value,
    comment_block_unclosed,
    comment_end_stray,
    comment_nesting,
    deny_after_permit,
    directive_without_argument,
    duplicate_acl_name,
    duplicate_section,
    empty_base,
    empty_class_item,
    empty_secret,
    entry_without_name,
    exec_directive,
    exec_includes_on,
    expression_too_costly,
    few_logins_at_once,
    filter_crashes,
    filter_dropped,
    filter_never_matches,
    filter_on_reply,
    filter_overruled,
    filter_without_class,
    general_not_read,
    hash_comment,
    include_loop,
    include_missing,
    include_not_here,
    include_repeated,
    include_too_deep,
    invalid_acl,
    invalid_escape,
    ipv4_only_acl,
    legacy_filter,
    limit_reached,
    line_too_long,
    line_without_equals,
    listener_address_not_read,
    listener_port_not_read,
    live_dangerously,
    lone_carriage_return,
    mask_or_octal_trap,
    missing_secret,
    no_address_restriction,
    nul_byte,
    number_not_read,
    one_session_only,
    option_by_release,
    originate_not_granted,
    perl_expression,
    permit_without_deny,
    plain_on_all_addresses,
    plain_on_public_address,
    prefix_class_item,
    secret_read_by_all,
    section_inherits_itself,
    section_name_too_long,
    sees_no_events,
    semicolon_cuts_value,
    setvar_hazard,
    short_http_timeout,
    short_secret,
    suppression_expired,
    suppression_unknown_rule,
    suppression_unused,
    suppression_without_reason,
    text_after_header,
    text_before_section,
    tls_never_up,
    tls_open_though_disabled,
    unclosed_header,
    undefined_acl,
    unknown_base,
    unknown_class,
    unknown_directive,
    unknown_event,
    unknown_general_option,
    unknown_header,
    unknown_user_option,
    user_name_with_blank,
    users_conf_account,
    users_conf_refused,
    web_plain_http,
    web_without_http,
    well_known_secret,
    write_gives_shell,
    written_by_all,
}

/// One rule.
pub struct Rule {
    /// Its only identifier: the file's name in kebab case.
    pub name: &'static str,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// How bad a finding is, unless the check or the settings say otherwise.
    pub severity: Severity,
    /// What it looks for, why that matters and what to do, in Markdown.
    pub doc: &'static str,
    /// Where Asterisk does so, and on which releases it was seen.
    pub source: &'static str,
    /// How it finds it.
    pub check: Check,
    /// Files with and without the mistake.
    pub examples: &'static [Example],
}

impl Rule {
    /// Does it run only when `--strict`, or its own name, asks for it?
    pub fn is_strict(&self) -> bool {
        matches!(self.check, Check::Strict(_))
    }

    /// What formats say of it.
    fn info(&self) -> RuleInfo {
        RuleInfo {
            name: self.name,
            summary: self.summary,
            doc: self.doc,
            severity: self.severity,
            source: self.source,
            is_strict: self.is_strict(),
        }
    }

    /// Its check of the manager as loaded, if that is what it looks at.
    fn manager_check(&self) -> Option<fn(&Context<'_>, &Manager<'_>, &mut Findings<'_>)> {
        match self.check {
            Check::Manager(check) | Check::Strict(check) => Some(check),
            Check::Config(_) | Check::Suppression(_) => None,
        }
    }
}

/// On what a rule looks.
pub enum Check {
    /// On a configuration as some releases hold it.
    Config(fn(&Context<'_>, &mut Findings<'_>)),
    /// On the manager as loaded: of a manager.conf that Asterisk does not refuse, for each group of releases that hold
    /// the same.
    Manager(fn(&Context<'_>, &Manager<'_>, &mut Findings<'_>)),
    /// As `Manager`, but only when it is asked for: advice on what most files do, and should not.
    Strict(fn(&Context<'_>, &Manager<'_>, &mut Findings<'_>)),
    /// On a comment that suppresses findings, after everything else.
    Suppression(fn(&Suppression, &mut Findings<'_>)),
}

/// What a file is for: only a manager.conf has users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// manager.conf itself.
    Manager,
    /// A part of some manager.conf that was not found.
    Fragment,
    /// acl.conf.
    Acl,
    /// users.conf.
    Users,
}

impl Role {
    /// The role that the base name of a file gives it.
    pub fn of(name: &str) -> Role {
        match name {
            "acl.conf" => Role::Acl,
            "users.conf" => Role::Users,
            _ if name.starts_with("manager_") && name.ends_with(".conf") => Role::Fragment,
            _ => Role::Manager,
        }
    }
}

/// The rule of a name.
pub fn by_name(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name).copied()
}

/// What formats say of every rule, by name.
pub fn infos() -> Vec<RuleInfo> {
    RULES.iter().map(|rule| rule.info()).collect()
}

/// All names.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    RULES.iter().map(|rule| rule.name)
}

/// Which rules are run, and how bad their findings are.
pub trait Selection {
    /// The severity for findings of a rule, given the one that the rule gave; `None` when the rule is off.
    fn severity(&self, rule: &'static Rule, own: Severity) -> Option<Severity>;

    /// The severity for findings of a rule in one file, given the one that they have; `None` when the rule is off there.
    fn severity_in(&self, _path: &Path, rule: &'static Rule, own: Severity) -> Option<Severity> {
        self.severity(rule, own)
    }
}

/// All rules, the strict ones too, as they are.
pub struct All;

impl Selection for All {
    fn severity(&self, _: &'static Rule, own: Severity) -> Option<Severity> {
        Some(own)
    }
}

/// Releases in groups whose managers hold the same of a file that they read alike.
fn alike(releases: &[Release]) -> Vec<Vec<Release>> {
    let mut groups: Vec<Vec<Release>> = Vec::new();
    for &release in releases {
        match groups.iter_mut().find(|group| Manager::is_alike(group[0], release)) {
            Some(group) => group.push(release),
            None => groups.push(vec![release]),
        }
    }
    groups
}

/// Checks one root file with what it includes. The findings are in order, and one finding speaks for all releases
/// that it holds for.
pub fn check(
    world: &World<'_>,
    root: FileId,
    role: Role,
    releases: &[Release],
    selection: &dyn Selection,
) -> Vec<Finding> {
    let groups = config::load_all(world, root, releases);
    let is_on = |rule: &&'static Rule| selection.severity(rule, rule.severity).is_some();
    let rules: Vec<&'static Rule> = RULES.iter().copied().filter(is_on).collect();
    let mut list = Vec::new();
    let mut overflows = Vec::new();
    let mut suppressions = suppress::Found::default();
    let mut generated = generated::Generated::default();
    for group in &groups {
        suppressions.add(&group.effective, false, world.files);
        generated.add(&group.effective, world.files);
    }
    let mut was_loaded = false;
    for group in &groups {
        let (options, filled, looked_for) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        let alike = alike(&group.releases);
        let (asked, files) = (releases, world.files);
        let (effective, releases) = (&group.effective, &group.releases[..]);
        let filters: Vec<_> = alike.iter().map(|_| OnceCell::new()).collect();
        let Some(first) = filters.first() else { continue };
        let context = Context {
            effective,
            releases,
            asked,
            role,
            files,
            options: &options,
            filled: &filled,
            filters: first,
            looked_for: &looked_for,
        };
        for rule in &rules {
            if let Check::Config(check) = rule.check {
                let mut findings = Findings::new(rule.name, rule.severity, &group.releases, &mut list);
                check(&context, &mut findings);
                overflows.extend(findings.overflow().map(|span| (rule, group.releases.clone(), span)));
            }
        }
        let has_manager = role == Role::Manager && group.effective.outcome == Outcome::Loads;
        if has_manager && rules.iter().any(|rule| rule.manager_check().is_some()) {
            was_loaded = true;
            for (releases, filters) in alike.iter().zip(&filters) {
                let manager = Manager::load(world, &group.effective, releases[0]);
                for beside in manager.beside() {
                    beside.effective.iter().for_each(|effective| suppressions.add(effective, true, world.files));
                }
                let context = Context { releases, filters, ..context };
                for rule in &rules {
                    if let Some(check) = rule.manager_check() {
                        let mut findings = Findings::new(rule.name, rule.severity, releases, &mut list);
                        check(&context, &manager, &mut findings);
                        overflows.extend(findings.overflow().map(|span| (rule, releases.clone(), span)));
                    }
                }
            }
        }
    }
    if is_on(&&limit_reached::RULE) {
        for (rule, releases, span) in overflows {
            limit_reached::too_many(rule, span, &releases, &mut list);
        }
    }
    let mut suppressions = suppressions.list;
    let mut list = suppress::apply(merged(list, releases), &mut suppressions, &rules, was_loaded, world.today());
    for rule in &rules {
        if let Check::Suppression(check) = rule.check {
            let mut findings = Findings::new(rule.name, rule.severity, releases, &mut list);
            suppressions.iter().for_each(|suppression| check(suppression, &mut findings));
        }
    }
    let mut list = merged(list, releases);
    list.retain_mut(|finding| {
        let Some(rule) = by_name(finding.rule) else { return true };
        let path = world.files.get(finding.span.file).path();
        let severity = selection.severity_in(path, rule, finding.severity);
        finding.severity = severity.unwrap_or(finding.severity);
        severity.is_some()
    });
    groups.iter().take(1).for_each(|group| generated.advise(&group.effective, &mut list));
    list
}
