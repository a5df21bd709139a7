//! What every rule file imports.

pub(super) use super::examples::{bad, good};
pub(super) use super::{Check, Context, Rule};
pub(super) use crate::config::What;
pub(super) use crate::finding::{Findings, Severity};
pub(super) use crate::syntax::Node;
pub(super) use crate::text::show;
