//! What the load did to lines, or will do because of them, and why: data, of which only reports make sentences.

use std::borrow::Cow;
use std::net::IpAddr;

use super::user::{LEAST_WRITE_TIMEOUT, LONGEST_VARIABLE};
use super::{acl, filter};
use crate::config::{Origin, What};
use crate::text::show;

/// Something that the load did to a line, or will do because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact<'t> {
    /// What it did.
    pub kind: FactKind<'t>,
    /// Why; it prints as a lower-case phrase.
    pub why: Why<'t>,
    /// At which line.
    pub at: Origin,
}

impl<'t> Fact<'t> {
    pub(super) fn ignored(what: impl Into<Cow<'t, [u8]>>, why: Why<'t>, at: Origin) -> Fact<'t> {
        Fact { kind: FactKind::Ignored { what: what.into() }, why, at }
    }

    pub(super) fn hazard(harm: Harm, when: When, why: Why<'t>, at: Origin) -> Fact<'t> {
        Fact { kind: FactKind::Hazard { harm, when }, why, at }
    }
}

/// What a load does to a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactKind<'t> {
    /// A user that does not exist for it: deleted.
    Dropped {
        /// The user.
        user: &'t [u8],
    },
    /// A line, or a part of one, that has no effect.
    Ignored {
        /// What has none, to be shown: a key, an item, a filter.
        what: Cow<'t, [u8]>,
    },
    /// Asterisk crashes, hangs, or uses memory that it has freed.
    Hazard {
        /// Which of them.
        harm: Harm,
        /// When.
        when: When,
    },
    /// What Asterisk makes of it cannot be known: it reads memory that was never written.
    Indeterminate {
        /// What cannot be known, to be shown.
        what: Cow<'t, [u8]>,
    },
}

/// What a hazard does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// The process dies.
    Crash,
    /// The process, or a thread of it, never goes on.
    Hang,
    /// Freed memory is used.
    Corruption,
}

/// When a hazard strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// When Asterisk starts.
    Boot,
    /// When somebody logs in.
    Login,
    /// When the manager is reloaded.
    Reload,
}

/// Why the load does something to a line: one variant a reason. None holds the value of a key whose value is a secret.
///
/// Source: `__init_manager` (main/manager.c), unless a variant names another place; all releases, unless it says
/// otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why<'t> {
    /// A further `[general]`: the manager looks at the first one.
    #[error("only the first [general] is read")]
    SecondGeneral,
    /// A `[general]` that is a template.
    #[error("a template: only what inherits from it reads it")]
    GeneralTemplate,
    /// A key that is no option of `[general]`: it is logged, and its value with it.
    #[error("no option of [general]; it logs the line with its value")]
    NoGeneralOption,
    /// An option of TLS that other parts of Asterisk have, and the manager does not.
    #[error("an option of other parts of Asterisk that AMI refuses; it logs the line with its value")]
    OthersOption,
    /// An option that later releases have.
    #[error("this release has no such option; it logs the line with its value")]
    LaterOption,
    /// A number that has to be 1 or more, and is not as `atoi` reads it: `authtimeout`, `authlimit`.
    #[error("`{}` is read as {number}, which is below 1: {key} stays at {stays}", show(.value))]
    BelowOne {
        /// The option, in its own spelling.
        key: &'static str,
        /// What is written.
        value: &'t [u8],
        /// What `atoi` makes of it.
        number: i32,
        /// What the option is still.
        stays: i32,
    },
    /// A `httptimeout` that has to be 1 or more, and is not: found at the end of the load, without a word.
    #[error("{number} is below 1: it is 60")]
    HttpTimeoutBelowOne {
        /// What `atoi` makes of it.
        number: i32,
    },
    /// A `port` that is none behind a good one, whose number was seen to stay.
    #[error("`{}` is not a number from 1024 to 65535: seen to stay at {stays}", show(.value))]
    PortStays {
        /// What is written.
        value: &'t [u8],
        /// The port.
        stays: u16,
    },
    /// A `port` that is none: a variable is read that was never written.
    #[error("`{}` is not a number from 1024 to 65535: the port is any number", show(.value))]
    AnyPort {
        /// What is written.
        value: &'t [u8],
    },
    /// A `bindaddr` that `ast_sockaddr_parse` (main/netsock2.c) does not take.
    #[error("`{}` is no numeric address: it stays at {}", show(.value), place(*.stays))]
    NoAddress {
        /// What is written.
        value: &'t [u8],
        /// The address that the plain listener has still.
        stays: IpAddr,
    },
    /// A `tlsbindaddr` that `ast_sockaddr_parse` (main/netsock2.c) does not take.
    #[error("`{}` is no numeric address with an optional port", show(.value))]
    NoTlsAddress {
        /// What is written.
        value: &'t [u8],
    },
    /// A key of an account that is no option.
    #[error("a user has no such option")]
    NoUserOption,
    /// A `writetimeout` below 100 milliseconds.
    #[error("less than {LEAST_WRITE_TIMEOUT} milliseconds, or no number")]
    ShortWriteTimeout,
    /// An item of `read` or `write` that is a class but for blanks: `get_perm` compares them too.
    #[error("a blank beside a class is part of it")]
    BlankInClass,
    /// An item of `read` or `write` that is a class but for its letter case, which `get_perm` compares.
    #[error("classes are written in lower case")]
    ClassCase,
    /// An item of `read` or `write` that `get_perm` finds no class for.
    #[error("there is no such class")]
    NoClass,
    /// A line of the account's ACLs for which the whole account is deleted, on releases with
    /// [`Quirk::BadAclDeletesUser`](crate::release::Quirk::BadAclDeletesUser).
    #[error("{fault} in `{} = {}`", show(.key), show(.value))]
    BadAclDeletes {
        /// What is wrong with it.
        fault: AclFault,
        /// Its key, as written: `permit`, `deny` or `acl`.
        key: &'t [u8],
        /// Its value.
        value: Cow<'t, [u8]>,
    },
    /// The same on the other releases, which skip what cannot be read.
    #[error("{fault}; the user stays")]
    BadAclSkipped {
        /// What is wrong with it.
        fault: AclFault,
    },
    /// An `acl` while there is no named ACL at all.
    #[error("acl.conf is absent or refused, so this restricts nobody")]
    NoAclConf,
    /// A `setvar` that sets nothing.
    #[error("there is no `=` in its value")]
    NoVariable,
    /// A `setvar` whose value is cut.
    #[error("only the first {LONGEST_VARIABLE} bytes count")]
    LongVariable,
    /// Variables that a reload frees, and goes on using.
    #[error("a reload frees the variables of a user and goes on using them")]
    FreedByReload,
    /// A further section of an account whose earlier one has variables: that list is freed, and used again.
    #[error("an earlier section of this user has `setvar`, whose list is freed and used again")]
    FreedBySection,
    /// A line that a further section of the same account takes away: ACL, filters and variables count of the last one.
    #[error("a later section [{}] takes it away", show(.section))]
    LaterSection {
        /// The name of that section, as written.
        section: &'t [u8],
    },
    /// A filter that `manager_add_filter` refuses; the account stays.
    #[error("{fault}; {left}")]
    FilterRefused {
        /// What is wrong with it.
        fault: filter::Fault<'t>,
        /// What the account is sent without it.
        left: filter::Left,
    },
    /// A filter with a criterion without brackets: `manager_add_filter` reads memory that is not there.
    #[error("Asterisk dies of a criterion without a `(` right behind it")]
    CriterionWithoutBracket,
    /// A filter of an account that users.conf made: there is no list to put it into.
    #[error("a user that users.conf made has no place for filters, and is sent everything")]
    NoPlaceForFilters,
    /// The line for which users.conf is refused: pbx/pbx_config.c goes on with what it has not got. On releases with
    /// [`Quirk::UsersConf`](crate::release::Quirk::UsersConf).
    #[error("the module pbx_config crashes when users.conf is refused")]
    UsersConfRefused,
    /// The line for which `config_text_file_load` (main/config.c) refuses a file beside manager.conf.
    #[error("{}", .what.message())]
    FileRefused {
        /// What is wrong with it.
        what: What<'t>,
    },
    /// A section of acl.conf of the one name that main/named_acl.c excludes; the whole file is refused for it.
    #[error("no ACL may be called general")]
    AclCalledGeneral,
    /// A key of acl.conf that main/named_acl.c does not know; the whole file is refused for it.
    #[error("acl.conf knows no option `{}`", show(.key))]
    NoAclOption {
        /// The key, as written.
        key: &'t [u8],
    },
    /// A `permit` or `deny` of acl.conf that cannot be read; the whole file is refused for it.
    #[error("{fault} in `{}`", show(.value))]
    BadRule {
        /// What is wrong with it.
        fault: acl::Fault,
        /// Its value.
        value: Cow<'t, [u8]>,
    },
}

/// What is wrong with a line of an account's ACLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AclFault {
    /// A `permit` or `deny` has an item that `ast_append_ha` (main/acl.c) does not take.
    #[error(transparent)]
    Item(acl::Fault),
    /// An `acl` asks for what the account has already: `ast_append_acl` (main/acl.c) compares without letter case.
    #[error("the same ACL is asked for twice")]
    Twice,
}

/// An address to listen on, in words.
fn place(ip: IpAddr) -> String {
    if ip.to_canonical().is_unspecified() { "all addresses".to_owned() } else { ip.to_string() }
}
