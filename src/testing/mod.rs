//! What the tests, the oracle and the fuzz targets share: generated inputs, properties, scenario tables.
//!
//! Not part of what amictl promises to other programs.

pub mod generate;
pub mod properties;
