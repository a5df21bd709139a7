//! What every rule file imports.

pub(super) use super::examples::{bad, good};
pub(super) use super::{Check, Context, Rule, mend};
pub(super) use crate::config::What;
pub(super) use crate::finding::{Findings, Safety, Severity};
pub(super) use crate::syntax::Node;
pub(super) use crate::text::{Edit, show};

/// Maps and sets for what is asked once for each user: with a quick hash, seeded anew in each run.
pub(super) type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;
pub(super) type Set<T> = std::collections::HashSet<T, foldhash::fast::RandomState>;
