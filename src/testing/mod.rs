//! What the tests, the oracle and the fuzz targets share: generated inputs, properties, scenario tables.
//!
//! Not part of what amictl promises to other programs.

pub mod answer;
pub mod bytes;
pub mod cases;
pub mod expressions;
pub mod generate;
mod include_cases;
#[cfg(unix)]
pub mod judge;
#[cfg(unix)]
pub mod manager_cases;
#[cfg(unix)]
mod manager_values;
#[cfg(unix)]
pub mod mended;
pub mod mistakes;
#[cfg(unix)]
pub mod odd_managers;
pub mod properties;
#[cfg(unix)]
mod recorded;
#[cfg(unix)]
pub mod scenario;
#[cfg(feature = "server")]
pub mod sessions;
#[cfg(unix)]
mod started;
pub mod streams;
#[cfg(feature = "server")]
pub mod tls;
pub mod undefined;
#[cfg(unix)]
pub mod wire;
